package dev.perennial.deadletter.file;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.testkit.TestDelivery;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** What the tests write to directories of dead letters, and read from them. */
final class Letters {

  private Letters() {}

  static DeadLetterFile<String> open(Path directory) throws IOException {
    return DeadLetterFile.in(directory, Function.identity());
  }

  static void write(Path directory, String... events) throws IOException {
    try (DeadLetterFile<String> sink = open(directory)) {
      accept(sink, events);
    }
  }

  static void accept(DeadLetterFile<String> sink, String... events) throws IOException {
    for (String event : events) {
      sink.accept(TestDelivery.of(event), new IllegalStateException("failed"));
    }
  }

  /** The raw events of all letters, through a stream that ends. */
  static List<String> events(Path directory) throws InterruptedException {
    return all(directory).stream().map(event -> event.letter().rawEvent()).toList();
  }

  static List<DeadLetterEvent> all(Path directory) throws InterruptedException {
    List<DeadLetterEvent> events = new ArrayList<>();
    try (EventStream<DeadLetterEvent> stream =
        EventStream.from(DeadLetterSource.in(directory), Checkpoints.none()).open()) {
      stream.consume((Delivery<DeadLetterEvent> delivery) -> events.add(delivery.event()));
    }
    return events;
  }

  /** The segment files, oldest first. */
  static List<Path> segments(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".jsonl")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
