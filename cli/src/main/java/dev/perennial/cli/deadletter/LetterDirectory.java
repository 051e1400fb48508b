package dev.perennial.cli.deadletter;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.deadletter.file.DeadLetterEvent;
import dev.perennial.deadletter.file.DeadLetterSource;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The parameter of all {@code deadletter} commands: the directory of the letters. */
final class LetterDirectory {

  static final String EXIT_STATUS =
      "%nExit status: 0 if done, 1 if failed, 2 for invalid arguments.";

  /** An action on each letter. */
  interface Action {

    /**
     * Looks at a letter or a malformed line.
     *
     * @param number its number in the directory, from 1
     * @return whether to continue
     */
    boolean accept(long number, Delivery<DeadLetterEvent> delivery);
  }

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "DIR", description = "The directory of the dead letters.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private Path directory;

  Path path() {
    return directory;
  }

  /** Prints a remark about the directory to stderr. */
  void note(String what) {
    spec.commandLine().getErr().println(what + " in " + directory);
  }

  /** Opens a stream of the letters. */
  EventStream<DeadLetterEvent> open(Checkpoints checkpoints) throws CommandFailedException {
    if (!Files.isDirectory(directory)) {
      throw new CommandFailedException(
          ExitStatus.FAILED, "There is no directory " + directory + ".", null);
    }
    return EventStream.from(DeadLetterSource.in(directory), checkpoints).name("letters").open();
  }

  /** Gives the letters to an action, from the oldest on, and returns how many it has seen. */
  long forEach(Action action) throws CommandFailedException {
    long number = 0;
    try (EventStream<DeadLetterEvent> stream = open(Checkpoints.none())) {
      for (Delivery<DeadLetterEvent> delivery : stream) {
        if (!action.accept(++number, delivery)) {
          break;
        }
        delivery.ack();
      }
    } catch (StreamFailedException e) {
      throw failure(e);
    }
    return number;
  }

  /** Returns the error of a stream of letters that failed. */
  static CommandFailedException failure(StreamFailedException failure) {
    return new CommandFailedException(
        ExitStatus.FAILED, String.valueOf(failure.getMessage()), failure);
  }
}
