package dev.perennial.cli.demo;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamException;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.demo.DemoReport.Hint;
import dev.perennial.deadletter.file.DeadLetter;
import dev.perennial.deadletter.file.DeadLetterEvent;
import dev.perennial.deadletter.file.DeadLetterSource;
import dev.perennial.port.support.LogText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory of a demo's dead letters, which is deleted at the end unless the user named it. */
final class DemoDeadLetters implements AutoCloseable {

  private final Path directory;
  private final boolean kept;

  private DemoDeadLetters(Path directory, boolean kept) {
    this.directory = directory;
    this.kept = kept;
  }

  /** Creates a temporary directory. */
  static DemoDeadLetters temporary() throws CommandFailedException {
    return in(null);
  }

  /**
   * Creates a directory.
   *
   * @param directory new or empty, because all letters in it count; null for a temporary one
   */
  static DemoDeadLetters in(@Nullable Path directory) throws CommandFailedException {
    try {
      if (directory == null) {
        return new DemoDeadLetters(Files.createTempDirectory("perennial-demo"), false);
      }
      Files.createDirectories(directory);
      try (Stream<Path> files = Files.list(directory)) {
        if (files.findAny().isPresent()) {
          throw new CommandFailedException(
              ExitStatus.FAILED,
              "Cannot keep dead letters in "
                  + directory
                  + ": it is not empty. Name a new directory.",
              null);
        }
      }
      return new DemoDeadLetters(directory, true);
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitStatus.FAILED,
          "Cannot create the directory of the dead letters: " + LogText.reason(e) + ".",
          e);
    }
  }

  Path directory() {
    return directory;
  }

  /** Returns the command that shows the letters, or that keeps them the next time. */
  Hint hint() {
    return kept
        ? new Hint("./perennial deadletter list " + directory, "look at the dead letters")
        : new Hint("./perennial demo --dead-letters letters", "keep the dead letters");
  }

  /**
   * Reads the letters in the directory and in its subdirectories.
   *
   * @param key returns the key of an event from its text
   * @return the keys of their events, as often as each has a letter
   */
  List<String> read(Function<String, Optional<String>> key) throws CommandFailedException {
    List<String> keys = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.filter(Files::isDirectory).toList()) {
        read(each, key, keys);
      }
    } catch (IOException | StreamException e) {
      throw new CommandFailedException(
          ExitStatus.FAILED,
          "Cannot read the dead letters in " + directory + ": " + LogText.reason(e) + ".",
          e);
    }
    return keys;
  }

  private static void read(
      Path directory, Function<String, Optional<String>> key, List<String> keys) {
    try (EventStream<DeadLetterEvent> stream =
        EventStream.from(DeadLetterSource.in(directory), Checkpoints.none()).open()) {
      for (Delivery<DeadLetterEvent> delivery : stream) {
        // A line that is no letter counts for nothing, so that its event counts as lost.
        if (delivery.event() instanceof DeadLetter letter) {
          key.apply(letter.rawEvent()).ifPresent(keys::add);
        }
        delivery.ack();
      }
    }
  }

  /** Deletes the directory if it is temporary. */
  @Override
  public void close() throws CommandFailedException {
    if (kept) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitStatus.FAILED,
          "Cannot delete the dead letters in " + directory + ": " + LogText.reason(e) + ".",
          e);
    }
  }
}
