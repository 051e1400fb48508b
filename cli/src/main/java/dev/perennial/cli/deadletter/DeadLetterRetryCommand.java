package dev.perennial.cli.deadletter;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.checkpoint.file.FileCheckpointStore;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.deadletter.file.DeadLetter;
import dev.perennial.deadletter.file.DeadLetterEvent;
import dev.perennial.port.support.LogText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code perennial deadletter retry} */
@Command(
    name = "retry",
    description = {
      "Runs a command for each dead letter, from the oldest on, with the event on its standard input.",
      "",
      "A letter whose command ends with status 0 is done. Otherwise the retry stops, and the next one begins with the same"
          + " letter. After a crash the last letter may be retried again. Letters stay in their files: delete files that"
          + " are done.",
      "",
      "Example: perennial deadletter retry letters -- curl --fail --data-binary @- http://localhost/events"
    },
    footer = {
      "",
      "Environment of the command:",
      "  PERENNIAL_LETTER                 the place of the letter, for show",
      "  PERENNIAL_LETTER_TIME            when it was written",
      "  PERENNIAL_LETTER_ATTEMPTS        how often the application has tried",
      "  PERENNIAL_LETTER_POSITION        the position of the event in its source",
      "  PERENNIAL_LETTER_ERROR_CLASS     the class of the error",
      "  PERENNIAL_LETTER_ERROR_MESSAGE   the message of the error, on one line",
      LetterDirectory.EXIT_STATUS
    })
final class DeadLetterRetryCommand implements Callable<Integer> {

  /** The id of the checkpoint. */
  private static final String STREAM_ID = "retry";

  /** The directory of the checkpoint in that of the letters. */
  private static final String CHECKPOINTS = "checkpoints";

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final LetterDirectory letters = new LetterDirectory();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "The command and its arguments, after --.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private List<String> command;

  @Option(
      names = "--checkpoints",
      paramLabel = "DIR",
      description =
          "The directory of the checkpoint \"retry\", which says which letters are done (default: checkpoints in the"
              + " directory of the letters).")
  private @Nullable Path checkpoints;

  private long done;
  private long malformed;

  @Override
  public Integer call() throws CommandFailedException, InterruptedException {
    LetterCommand handler = new LetterCommand(command);
    Path saved = checkpoints == null ? letters.path().resolve(CHECKPOINTS) : checkpoints;
    EventStream<DeadLetterEvent> stream =
        letters.open(
            Checkpoints.in(FileCheckpointStore.in(saved), STREAM_ID)
                .every(1, Duration.ofSeconds(1))
                .waitForClaim(Duration.ZERO));
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  handler.stop();
                  stream.close();
                },
                "retry-close"));
    try (stream) {
      stream.consume(delivery -> retry(delivery, handler));
    } catch (StreamFailedException e) {
      printSummary();
      throw e.getCause() instanceof CommandFailedException known
          ? known
          : LetterDirectory.failure(e);
    }
    printSummary();
    return 0;
  }

  private void retry(Delivery<DeadLetterEvent> delivery, LetterCommand handler)
      throws CommandFailedException, InterruptedException {
    if (!(delivery.event() instanceof DeadLetter letter)) {
      malformed++;
      letters.note("skipped a line that is no dead letter: " + LetterText.problem(delivery));
      return;
    }
    int status;
    try {
      status = handler.run(letter, delivery.position());
    } catch (IOException e) {
      throw failure(delivery, "the command cannot be started (" + LogText.reason(e) + ")", e);
    }
    if (status != 0) {
      throw failure(delivery, "the command ended with status " + status, null);
    }
    done++;
  }

  private CommandFailedException failure(
      Delivery<DeadLetterEvent> delivery, String why, @Nullable Throwable cause) {
    return new CommandFailedException(
        ExitStatus.FAILED,
        "Cannot retry dead letter %s in %s: %s. Look at it with perennial deadletter show; the next retry begins with it."
            .formatted(delivery.position(), letters.path(), why),
        cause);
  }

  private void printSummary() {
    PrintWriter out = spec.commandLine().getOut();
    String skipped = malformed == 0 ? "" : ", skipped " + count(malformed, "line");
    out.println("retried " + count(done, "letter") + skipped);
    out.flush();
  }

  private static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
