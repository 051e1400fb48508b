package dev.perennial.examples.lines;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.checkpoint.file.FileCheckpointStore;
import dev.perennial.port.CheckpointStore;
import java.nio.file.Path;

/**
 * Prints the lines of a file as they are appended, and resumes where it stopped. If it is killed,
 * it prints the lines of its last second again.
 */
public final class LogFollower {

  private LogFollower() {}

  /** Takes the file and the folder of the checkpoint. */
  public static void main(String[] args) throws InterruptedException {
    follow(Path.of(args[0]), Path.of(args[1]));
  }

  // tag::checkpoint
  static void follow(Path log, Path folder) throws InterruptedException {
    CheckpointStore store = FileCheckpointStore.in(folder);
    try (EventStream<LogEvent> stream =
        EventStream.from(new LineSource(log), Checkpoints.in(store, "app-log")).open()) {
      stream.consume(delivery -> System.out.println(delivery.event()));
    }
  }
  // end::checkpoint
}
