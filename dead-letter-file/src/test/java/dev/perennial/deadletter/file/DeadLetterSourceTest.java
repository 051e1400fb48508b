package dev.perennial.deadletter.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.VirtualRuntime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The source in streams. */
class DeadLetterSourceTest {

  private static final Duration SHORT = DeadLetterConnection.POLL_INTERVAL.multipliedBy(3);

  @TempDir private Path folder;
  private final VirtualRuntime runtime = new VirtualRuntime(7);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore();

  @Test
  void deliversAllSegmentsInOrderAndEnds() throws Exception {
    Letters.write(folder, "one", "two");
    Letters.write(folder, "three");
    assertThat(Letters.segments(folder)).hasSize(2);
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThat(take(stream, 3)).containsExactly("one", "two", "three");
      assertThatThrownBy(stream::next).isInstanceOf(StreamEndedException.class);
    }
  }

  @Test
  void endsAtOnceInADirectoryWithoutLetters() throws Exception {
    Letters.open(folder).close();
    assertThat(Letters.events(folder)).isEmpty();
  }

  @Test
  void failsIfTheDirectoryDoesNotExist() {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> Letters.events(missing))
        .isInstanceOf(StreamFailedException.class)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("does not exist");
  }

  @Test
  void resumesAfterTheLastAckedLetter() throws Exception {
    Letters.write(folder, "one", "two", "three");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThat(take(stream, 1)).containsExactly("one");
      stream.next(); // not acked
    }
    Letters.write(folder, "four");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThat(take(stream, 3)).containsExactly("two", "three", "four");
    }
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThatThrownBy(stream::next).isInstanceOf(StreamEndedException.class);
    }
  }

  @Test
  void resumesWithTheLetterWhoseHandlerFailed() throws Exception {
    Letters.write(folder, "one", "two", "three");
    List<String> handled = new ArrayList<>();
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThatThrownBy(() ->
              stream.consume(delivery -> {
                String event = delivery.event().letter().rawEvent();
                if (event.equals("two")) {
                  throw new IllegalStateException("still not");
                }
                handled.add(event);
              }))
          .isInstanceOf(StreamFailedException.class);
    }
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      stream.consume(delivery -> handled.add(delivery.event().letter().rawEvent()));
    }
    assertThat(handled).containsExactly("one", "two", "three");
  }

  @Test
  void followsASinkThroughItsRotations() {
    runtime.run(() -> {
      try (EventStream<DeadLetterEvent> stream = following(folder.resolve("later"))) {
        assertThat(stream.next(SHORT)).as("the directory does not exist").isEmpty();
        try (DeadLetterFile<String> sink =
            DeadLetterFile.builder(folder.resolve("later"), Function.<String>identity())
                .maxFileSize(1)
                .open()) {
          assertThat(stream.next(SHORT)).isEmpty();
          Letters.accept(sink, "one");
          assertThat(take(stream, 1)).containsExactly("one");
          Letters.accept(sink, "two", "three");
          assertThat(take(stream, 2)).containsExactly("two", "three");
          assertThat(stream.next(SHORT)).isEmpty();
        }
        Letters.write(folder.resolve("later"), "four");
        assertThat(take(stream, 1)).containsExactly("four");
        assertThat(stream.stats().reconnects()).isZero();
      }
    });
  }

  @Test
  void findsANewLetterWithinThePollInterval() {
    runtime.run(() -> {
      try (EventStream<DeadLetterEvent> stream = following(folder)) {
        assertThat(stream.next(Duration.ZERO)).isEmpty();
        runtime.spawn(
            "sink",
            () -> {
              runtime.sleep(Duration.ofSeconds(10));
              Letters.write(folder, "one");
            });
        take(stream, 1);
        assertThat(runtime.elapsed())
            .isBetween(
                Duration.ofSeconds(10),
                Duration.ofSeconds(10).plus(DeadLetterConnection.POLL_INTERVAL));
      }
    });
  }

  @Test
  void stopsWaitingWhenTheStreamIsClosed() {
    runtime.run(() -> {
      EventStream<DeadLetterEvent> stream = following(folder);
      runtime.spawn(
          "closer",
          () -> {
            runtime.sleep(Duration.ofSeconds(10));
            stream.close();
          });
      stream.consume(delivery -> {});
      assertThat(runtime.elapsed()).isEqualTo(Duration.ofSeconds(10));
    });
  }

  @Test
  void waitsForTheEndOfALineButNotOnceTheSinkHasBegunAnotherSegment() throws Exception {
    Letters.write(folder, "one", "two");
    Path segment = Letters.segments(folder).get(0);
    byte[] bytes = Files.readAllBytes(segment);
    int half = bytes.length - 10;
    Files.write(segment, Arrays.copyOf(bytes, half));
    runtime.run(() -> {
      try (EventStream<DeadLetterEvent> stream = following(folder)) {
        assertThat(take(stream, 1)).containsExactly("one");
        assertThat(stream.next(SHORT)).isEmpty();
        Files.write(
            segment, Arrays.copyOfRange(bytes, half, bytes.length), StandardOpenOption.APPEND);
        assertThat(take(stream, 1)).containsExactly("two");
        Files.writeString(segment, "{\"half", StandardOpenOption.APPEND);
        assertThat(stream.next(SHORT)).isEmpty();
        Letters.write(folder, "three");
        assertThat(take(stream, 1)).containsExactly("three");
        assertThat(stream.stats().malformed()).isZero();
      }
    });
  }

  @Test
  void deliversOtherLinesAsMalformedAndContinues() throws Exception {
    Letters.write(folder, "one");
    Path segment = Letters.segments(folder).get(0);
    Files.write(segment, new byte[] {'h', 'i', (byte) 0xff, '\n', '\n'}, StandardOpenOption.APPEND);
    Letters.write(folder, "two");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThat(take(stream, 1)).containsExactly("one");
      Delivery<DeadLetterEvent> delivery = stream.next();
      MalformedDeadLetter malformed = (MalformedDeadLetter) delivery.event();
      assertThat(malformed.raw()).containsExactly('h', 'i', 0xff);
      assertThat(malformed.size()).isEqualTo(3);
      assertThat(malformed.cause()).hasMessageContaining("it is not JSON");
      assertThat(malformed).hasToString("MalformedDeadLetter[3 bytes]");
      assertThat(delivery.position().time()).isEmpty();
      assertThatThrownBy(malformed::letter)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageEndingWith(" Look at raw().");
      delivery.ack();
      assertThat(((MalformedDeadLetter) stream.next().event()).size()).isZero();
      assertThat(stream.next().event().letter().rawEvent()).isEqualTo("two");
      assertThat(stream.stats().malformed()).isEqualTo(2);
      assertThat(stream.stats().reconnects()).isZero();
    }
  }

  @Test
  void deliversTheBeginningOfALineOverTheLimit() throws Exception {
    String large = "x".repeat(100_000);
    Letters.write(folder, "one", large, "two");
    long size = Files.readAllLines(Letters.segments(folder).get(0)).get(1).length();
    try (EventStream<DeadLetterEvent> stream =
        stream(DeadLetterSource.in(folder).maxLetterSize(64 * 1024))) {
      take(stream, 1);
      MalformedDeadLetter malformed = (MalformedDeadLetter) stream.next().event();
      assertThat(malformed.size()).isEqualTo(size);
      assertThat(new String(malformed.raw(), StandardCharsets.UTF_8))
          .hasSize(4096)
          .startsWith("{\"time\":");
      assertThat(malformed.cause())
          .hasMessageContaining("it has " + size + " bytes, over the limit of 65536");
      assertThat(stream.next().event().letter().rawEvent()).isEqualTo("two");
    }
  }

  @Test
  void continuesWithTheOldestSegmentThatIsNewerThanADeletedOne() throws Exception {
    Letters.write(folder, "one", "two");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      take(stream, 2);
    }
    Letters.write(folder, "three");
    Letters.write(folder, "four");
    List<Path> segments = Letters.segments(folder);
    Files.delete(segments.get(0));
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThat(take(stream, 1)).containsExactly("three");
    }
    Files.delete(segments.get(1));
    Files.delete(segments.get(2));
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThatThrownBy(stream::next).as("no letters").isInstanceOf(StreamEndedException.class);
    }
    Letters.write(folder, "five");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThat(take(stream, 1)).containsExactly("five");
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void continuesIfSegmentsAreDeletedWhileItFollows() throws Exception {
    Letters.write(folder, "one");
    runtime.run(() -> {
      try (EventStream<DeadLetterEvent> stream = following(folder)) {
        take(stream, 1);
        Files.delete(Letters.segments(folder).get(0));
        assertThat(stream.next(SHORT)).isEmpty();
        Letters.write(folder, "two");
        assertThat(take(stream, 1)).containsExactly("two");
        assertThat(stream.stats().reconnects()).isZero();
      }
    });
  }

  @Test
  void readsASegmentThatWasTruncatedOrReplacedFromItsBeginning() throws Exception {
    Letters.write(folder, "one", "two");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      take(stream, 2);
    }
    Path segment = Letters.segments(folder).get(0);
    String first = Files.readAllLines(segment).get(0) + "\n";
    Files.writeString(segment, first);
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThat(take(stream, 1)).containsExactly("one");
      assertThatThrownBy(stream::next).isInstanceOf(StreamEndedException.class);
    }
    Path edited = Files.writeString(folder.resolve("edited"), first.replace("one", "uno") + first);
    runtime.run(() -> {
      try (EventStream<DeadLetterEvent> stream = following(folder)) {
        assertThat(stream.next(SHORT)).isEmpty();
        Files.move(edited, segment, StandardCopyOption.REPLACE_EXISTING);
        assertThat(take(stream, 2)).containsExactly("uno", "one");
        assertThat(stream.stats().reconnects()).isEqualTo(1);
      }
    });
  }

  @Test
  void readsAllSegmentsIfTheyAreOlderThanThePosition() throws Exception {
    Letters.write(folder, "one");
    Letters.write(folder, "two");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      take(stream, 2);
    }
    Files.delete(Letters.segments(folder).get(1));
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      assertThat(take(stream, 1)).containsExactly("one");
    }
  }

  @Test
  void refusesTheCheckpointOfAnotherDirectory() throws Exception {
    Letters.write(folder.resolve("a"), "one");
    Letters.write(folder.resolve("b"), "two");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder.resolve("a")))) {
      take(stream, 1);
    }
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder.resolve("b")))) {
      assertThatThrownBy(stream::next)
          .isInstanceOf(StreamFailedException.class)
          .hasMessageContaining(folder.resolve("a").toString())
          .hasMessageContaining(folder.resolve("b").toString());
    }
  }

  @Test
  void deliversPositionsWithTheTimeOfTheLetter() throws Exception {
    Letters.write(folder, "one");
    try (EventStream<DeadLetterEvent> stream = stream(DeadLetterSource.in(folder))) {
      Delivery<DeadLetterEvent> delivery = stream.next();
      assertThat(delivery.position().time()).contains(delivery.event().letter().time());
    }
  }

  private EventStream<DeadLetterEvent> stream(DeadLetterSource source) {
    return EventStream.from(source, Checkpoints.in(store, "retry")).open();
  }

  private EventStream<DeadLetterEvent> following(Path directory) throws Exception {
    InMemoryCheckpointStore virtual = new InMemoryCheckpointStore(runtime);
    if (store.checkpoint("retry").isPresent()) {
      virtual.admin().orElseThrow().put("retry", store.checkpoint("retry").orElseThrow());
    }
    return EventStream.from(
            DeadLetterSource.in(directory).follow().runtime(runtime),
            Checkpoints.in(virtual, "retry"))
        .runtime(runtime)
        .open();
  }

  private static List<String> take(EventStream<DeadLetterEvent> stream, int count)
      throws InterruptedException {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Delivery<DeadLetterEvent> delivery = stream.next();
      events.add(delivery.event().letter().rawEvent());
      delivery.ack();
    }
    return events;
  }
}
