package dev.perennial.examples.lines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.cli.ChildProcess;
import dev.perennial.examples.lines.LogEvent.Gap;
import dev.perennial.examples.lines.LogEvent.Line;
import dev.perennial.examples.lines.LogEvent.TooLong;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.testkit.InMemoryCheckpointStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineSourceTest {

  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore();
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("app.log");
  }

  @Test
  void deliversExistingAndAppendedLines() throws Exception {
    write("one\ntwo\r\n");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(take(stream, 2)).containsExactly(new Line("one"), new Line("two"));
      write("drei ü\n");
      assertThat(take(stream, 1)).containsExactly(new Line("drei ü"));
    }
  }

  @Test
  void waitsForTheEndOfALine() throws Exception {
    write("one\nhalf");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(take(stream, 1)).containsExactly(new Line("one"));
      assertThat(stream.next(LineConnection.POLL_INTERVAL.multipliedBy(2))).isEmpty();
      write(" and half\n");
      assertThat(take(stream, 1)).containsExactly(new Line("half and half"));
    }
  }

  @Test
  void waitsForTheFile() throws Exception {
    try (EventStream<LogEvent> stream = open()) {
      assertThat(stream.next(LineConnection.POLL_INTERVAL)).isEmpty();
      write("one\n");
      assertThat(take(stream, 1)).containsExactly(new Line("one"));
    }
  }

  @Test
  void resumesAfterTheLastAckedLine() throws Exception {
    write("one\ntwo\nthree\n");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(take(stream, 2)).hasSize(2);
      next(stream); // not acked
    }
    write("four\n");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(take(stream, 2)).containsExactly(new Line("three"), new Line("four"));
    }
  }

  @Test
  void readsAFileThatIsRotatedToItsEndFirst() throws Exception {
    write("one\n");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(take(stream, 1)).containsExactly(new Line("one"));
      write("two\n");
      Files.move(file, folder.resolve("app.log.1"));
      write("three\n");
      List<LogEvent> events = take(stream, 3);
      assertThat(events.get(0)).isEqualTo(new Line("two"));
      assertThat(events.get(1)).isInstanceOf(Gap.class);
      assertThat(events.get(2)).isEqualTo(new Line("three"));
    }
  }

  @Test
  void detectsTheReplacementOfAnEmptyFile() throws Exception {
    write("");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(stream.next(LineConnection.POLL_INTERVAL)).isEmpty();
      Files.move(file, folder.resolve("app.log.1"));
      write("one\n");
      assertThat(take(stream, 2)).element(1).isEqualTo(new Line("one"));
    }
  }

  @Test
  void detectsATruncation() throws Exception {
    write("one\ntwo\n");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(take(stream, 2)).hasSize(2);
      Files.writeString(file, "new\n", StandardOpenOption.TRUNCATE_EXISTING);
      List<LogEvent> events = take(stream, 2);
      assertThat(events.get(0)).isInstanceOf(Gap.class);
      assertThat(events.get(1)).isEqualTo(new Line("new"));
    }
  }

  @Test
  void detectsAReplacementAfterARestart() throws Exception {
    write("one\ntwo\n");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(take(stream, 2)).hasSize(2);
    }
    Files.delete(file);
    write("eins\nzwei\ndrei\n");
    try (EventStream<LogEvent> stream = open()) {
      List<LogEvent> events = take(stream, 4);
      assertThat(events.get(0)).isInstanceOf(Gap.class);
      assertThat(events.subList(1, 4))
          .containsExactly(new Line("eins"), new Line("zwei"), new Line("drei"));
    }
  }

  @Test
  void deliversLongLinesAsMalformed() throws Exception {
    String longest = "x".repeat(LineConnection.MAX_LINE_LENGTH);
    write(longest + "\n" + longest + "y\nend\n");
    try (EventStream<LogEvent> stream = open()) {
      List<LogEvent> events = take(stream, 3);
      assertThat(events.get(0)).isEqualTo(new Line(longest));
      TooLong tooLong = (TooLong) events.get(1);
      assertThat(tooLong.size()).isEqualTo(longest.length() + 1);
      assertThat(tooLong.raw()).hasSize(4096).containsOnly('x');
      assertThat(events.get(2)).isEqualTo(new Line("end"));
      assertThat(stream.stats().malformed()).isEqualTo(1);
    }
    write("more\n");
    try (EventStream<LogEvent> stream = open()) {
      assertThat(take(stream, 1)).containsExactly(new Line("more"));
    }
  }

  @Test
  void encodesAndDecodesPositions() throws Exception {
    LineSource source = new LineSource(file);
    LinePosition position = new LinePosition(1L << 40, 0xcafebabe);
    Checkpoint checkpoint = source.encode(position);
    assertThat(checkpoint)
        .isEqualTo(new Checkpoint("lines", file.toString(), "1099511627776 cafebabe"));
    assertThat(source.decode(checkpoint)).isEqualTo(position);
  }

  @Test
  void rejectsACheckpointOfAnotherFileAndACorruptOne() {
    LineSource source = new LineSource(file);
    Checkpoint other = new LineSource(folder.resolve("b.log")).encode(LinePosition.BEGINNING);
    assertThatThrownBy(() -> source.decode(other))
        .isInstanceOfSatisfying(
            CheckpointException.class,
            e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.MISMATCH));
    for (String text : List.of("", "1", "x y", "1 xyz")) {
      assertThatThrownBy(() -> source.decode(new Checkpoint("lines", file.toString(), text)))
          .isInstanceOfSatisfying(
              CheckpointException.class,
              e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.CORRUPT));
    }
  }

  @Test
  void failsOnACheckpointOfAnotherFile() throws Exception {
    write("one\n");
    try (EventStream<LogEvent> stream = open()) {
      take(stream, 1);
    }
    LineSource other = new LineSource(folder.resolve("b.log"));
    try (EventStream<LogEvent> stream =
        EventStream.from(other, Checkpoints.in(store, "app-log")).open()) {
      assertThatThrownBy(stream::next)
          .isInstanceOf(StreamFailedException.class)
          .hasStackTraceContaining("but the source reads");
    }
  }

  private EventStream<LogEvent> open() {
    return EventStream.from(new LineSource(file), Checkpoints.in(store, "app-log")).open();
  }

  private void write(String text) throws IOException {
    Files.write(
        file,
        text.getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private static List<LogEvent> take(EventStream<LogEvent> stream, int count) throws Exception {
    List<LogEvent> events = new ArrayList<>();
    while (events.size() < count) {
      Delivery<LogEvent> delivery = next(stream);
      events.add(delivery.event());
      delivery.ack();
    }
    return events;
  }

  private static Delivery<LogEvent> next(EventStream<LogEvent> stream) throws Exception {
    return stream
        .next(ChildProcess.DEADLINE)
        .orElseThrow(() -> new NoSuchElementException("no line came"));
  }
}
