package dev.perennial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class PerennialTest {

  @ParameterizedTest
  @CsvSource({
    "help, Usage: perennial [",
    "help tail, Usage: perennial tail [",
    "help tail mongo, Usage: perennial tail mongo [",
    "help checkpoint show, Usage: perennial checkpoint show [",
    "help deadletter retry, Usage: perennial deadletter retry [",
    "help bench, Usage: perennial bench [",
  })
  void showsTheHelpOfTheCommandAskedFor(String arguments, String usage) {
    Result result = run(arguments.split(" "));
    assertThat(result.status).isZero();
    assertThat(result.out).startsWith(usage);
    assertThat(result.err).isEmpty();
  }

  @Test
  void reportsInvalidArgumentsInTwoLines() {
    assertThat(run("help", "tail", "kafka"))
        .isEqualTo(
            new Result(
                2,
                "",
                """
                perennial: There is no command "perennial tail kafka". "perennial tail" has tap or mongo.
                See perennial help --help.
                """));
    assertThat(run("tail", "mongo", "mongodb://localhost", "--watch", "a", "--nonsense").err)
        .isEqualTo(
            """
            perennial: Unknown option: '--nonsense'
            See perennial tail mongo --help.
            """);
    assertThat(run().err)
        .isEqualTo(
            """
            perennial: Missing subcommand. Give demo, tail, checkpoint, deadletter, bench or help.
            See perennial --help.
            """);
  }

  @Test
  void suggestsSimilarCommands() {
    assertThat(run("checkpont").err).contains("Did you mean: perennial checkpoint");
  }

  @Test
  void saysThatBenchmarksRunFromAClone() {
    Result result = run("bench", "5");
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err).contains("Run ./perennial bench in a clone");
  }

  private record Result(int status, String out, String err) {}

  private static Result run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        Perennial.commandLine(new CommandLine(new Perennial()))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Result(status, out.toString(), err.toString());
  }
}
