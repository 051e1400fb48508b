package dev.perennial.deadletter.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.Verdict;
import dev.perennial.testkit.VirtualRuntime;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The promises of the ports, one by one, without a stream. */
class DeadLetterConnectionTest {

  private static final Duration WAIT = Duration.ofMillis(500);

  @TempDir private Path folder;

  @Test
  void doesNoIoWithoutTime() throws Exception {
    Letters.write(folder, "one", "two");
    Connection<DeadLetterEvent, DeadLetterPosition> connection = connect(source(), null);
    assertThat(connection.receive(Duration.ZERO)).isNull();
    assertThat(connection.receive(WAIT)).isInstanceOf(Received.Event.class);
    assertThat(connection.receive(Duration.ZERO)).isInstanceOf(Received.Event.class);
    assertThat(connection.receive(Duration.ZERO)).as("the end is not known").isNull();
    assertThat(connection.receive(WAIT)).isInstanceOf(Received.End.class);
    connection.close(WAIT);
  }

  @Test
  void resumesAfterEachPosition() throws Exception {
    Letters.write(folder, "a", "b");
    Letters.write(folder, "c");
    Letters.write(folder, "d", "e");
    List<Received.Event<DeadLetterEvent, DeadLetterPosition>> all = receiveAll(null);
    assertThat(events(all)).containsExactly("a", "b", "c", "d", "e");
    for (int i = 0; i < all.size(); i++) {
      DeadLetterPosition position = all.get(i).position();
      DeadLetterPosition restored = source().decode(source().encode(position));
      assertThat(restored).isEqualTo(position).hasSameHashCodeAs(position);
      assertThat(restored).hasToString(position.toString());
      assertThat(events(receiveAll(restored)))
          .containsExactlyElementsOf(events(all).subList(i + 1, 5));
    }
    assertThat(all.stream().map(Received.Event::position)).doesNotHaveDuplicates();
    assertThat(events(receiveAll(source().start().orElseThrow()))).hasSize(5);
  }

  @Test
  void waitsNoLongerThanThePollIntervalAndEndsAtAWakeUp() {
    VirtualRuntime runtime = new VirtualRuntime(3);
    runtime.run(() -> {
      Connection<DeadLetterEvent, DeadLetterPosition> connection =
          connect(source().follow().runtime(runtime), null);
      assertThat(connection.receive(Duration.ofMillis(100))).isNull();
      assertThat(runtime.elapsed()).isEqualTo(Duration.ofMillis(100));
      assertThat(connection.receive(WAIT)).isNull();
      assertThat(runtime.elapsed()).isEqualTo(Duration.ofMillis(350));
      connection.wakeUp();
      assertThat(connection.receive(WAIT)).isNull();
      assertThat(runtime.elapsed()).isEqualTo(Duration.ofMillis(350));
      connection.close(WAIT);
      connection.wakeUp();
    });
  }

  @Test
  void staysUsableAfterAnInterrupt() throws Exception {
    Connection<DeadLetterEvent, DeadLetterPosition> connection = connect(source().follow(), null);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> connection.receive(WAIT)).isInstanceOf(InterruptedException.class);
    Letters.write(folder, "one");
    assertThat(connection.receive(WAIT)).isInstanceOf(Received.Event.class);
    connection.close(WAIT);
  }

  @Test
  void classifiesItsErrors() throws Exception {
    Letters.write(folder, "one");
    DeadLetterPosition last = receiveAll(null).get(0).position();
    Files.writeString(Letters.segments(folder).get(0), "");
    Throwable lost = catchThrowable(() -> connect(source(), last));

    assertThat(verdict(lost)).contains(Verdict.positionLost());
    assertThat(source().recover(last, lost))
        .isEqualTo(Recovery.restart(new DeadLetterPosition(last.segment(), 0, null)));
    Files.delete(Letters.segments(folder).get(0));
    assertThat(source().recover(last, lost))
        .isEqualTo(Recovery.restart(DeadLetterPosition.BEGINNING));
    assertThat(verdict(new NoSuchFileException("a"))).contains(Verdict.refused());
    assertThat(verdict(new AccessDeniedException("a"))).contains(Verdict.refused());
    assertThat(verdict(new IOException("disk"))).contains(Verdict.retry());
    assertThat(verdict(new IllegalStateException())).isEmpty();
  }

  @Test
  void readsCheckpointsOfItsOwnOnly() {
    DeadLetterSource source = source();
    String directory = folder.toString();
    for (Checkpoint other :
        List.of(
            new Checkpoint("tap", directory, "1:2"),
            new Checkpoint("dead-letters", directory + "x", "1:2"))) {
      assertThatThrownBy(() -> source.decode(other))
          .isInstanceOfSatisfying(
              CheckpointException.class,
              e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.MISMATCH));
    }
    for (String position : List.of("", "1", "1:", "-1:2", "1:2:3", "1:9999999999999999999")) {
      assertThatThrownBy(() -> source.decode(new Checkpoint("dead-letters", directory, position)))
          .isInstanceOfSatisfying(
              CheckpointException.class,
              e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.CORRUPT));
    }
  }

  @Test
  void isOfOneStreamEach() {
    DeadLetterSource source = source();
    assertThat(source.binding()).isSameAs(source.binding()).isNotSameAs(source.follow().binding());
    assertThatThrownBy(() -> source.maxLetterSize(4095))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxLetterSize() must be from 4096 to 1073741824, but got 4095.");
  }

  private DeadLetterSource source() {
    return DeadLetterSource.in(folder);
  }

  private Optional<Verdict> verdict(Throwable error) {
    return source().errors().classify(error);
  }

  private static Connection<DeadLetterEvent, DeadLetterPosition> connect(
      DeadLetterSource source, DeadLetterPosition after) throws IOException {
    return source.connect(Optional.ofNullable(after));
  }

  private List<Received.Event<DeadLetterEvent, DeadLetterPosition>> receiveAll(
      DeadLetterPosition after) throws Exception {
    List<Received.Event<DeadLetterEvent, DeadLetterPosition>> all = new ArrayList<>();
    Connection<DeadLetterEvent, DeadLetterPosition> connection = connect(source(), after);
    Received<DeadLetterEvent, DeadLetterPosition> next = connection.receive(WAIT);
    while (next instanceof Received.Event<DeadLetterEvent, DeadLetterPosition> event) {
      all.add(event);
      next = connection.receive(WAIT);
    }
    connection.close(WAIT);
    return all;
  }

  private static List<String> events(
      List<Received.Event<DeadLetterEvent, DeadLetterPosition>> received) {
    return received.stream().map(each -> each.event().letter().rawEvent()).toList();
  }
}
