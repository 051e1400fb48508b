package dev.perennial.cli.deadletter;

import dev.perennial.Delivery;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.deadletter.file.DeadLetter;
import dev.perennial.deadletter.file.DeadLetterEvent;
import dev.perennial.port.support.LogText;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code perennial deadletter show} */
@Command(
    name = "show",
    description = "Shows a dead letter with its error and its event.",
    footer = LetterDirectory.EXIT_STATUS)
final class DeadLetterShowCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final LetterDirectory letters = new LetterDirectory();

  @Parameters(
      index = "1",
      paramLabel = "LETTER",
      description =
          "The number of the letter, as list prints it, or its place, as retry prints it.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private String wanted;

  @Option(
      names = "--event",
      description = "Print the event only, exactly as the application wrote it.")
  private boolean eventOnly;

  @Override
  public Integer call() throws CommandFailedException {
    PrintWriter out = spec.commandLine().getOut();
    AtomicBoolean found = new AtomicBoolean();
    long count =
        letters.forEach((number, delivery) -> {
          if (!wanted.equals(String.valueOf(number))
              && !wanted.equals(delivery.position().toString())) {
            return true;
          }
          found.set(true);
          print(number, delivery, out);
          return false;
        });
    if (!found.get()) {
      throw new CommandFailedException(
          ExitStatus.FAILED,
          "There is no dead letter \"%s\" in %s, which has %d. List them with perennial deadletter list."
              .formatted(LogText.brief(wanted), letters.path(), count),
          null);
    }
    return 0;
  }

  private void print(long number, Delivery<DeadLetterEvent> delivery, PrintWriter out) {
    if (eventOnly && delivery.event() instanceof DeadLetter letter) {
      out.print(letter.rawEvent());
    } else {
      LetterText.lines(number, delivery).forEach(out::println);
    }
    out.flush();
  }
}
