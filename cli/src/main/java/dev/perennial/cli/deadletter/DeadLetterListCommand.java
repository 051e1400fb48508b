package dev.perennial.cli.deadletter;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code perennial deadletter list} */
@Command(
    name = "list",
    description = {
      "Prints the dead letters, one per line, from the oldest on: the number of the letter, its time, the attempts, the"
          + " position of the event, and the error.",
      "",
      "An application may write letters meanwhile."
    },
    footer = LetterDirectory.EXIT_STATUS)
final class DeadLetterListCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final LetterDirectory letters = new LetterDirectory();

  @Override
  public Integer call() throws CommandFailedException {
    PrintWriter out = spec.commandLine().getOut();
    long count =
        letters.forEach((number, delivery) -> {
          out.println(LetterText.line(number, delivery));
          return !out.checkError();
        });
    if (count == 0) {
      // Not on stdout, where each line is a letter.
      letters.note("there is no dead letter");
    }
    return out.checkError() ? ExitStatus.OUTPUT_CLOSED : 0;
  }
}
