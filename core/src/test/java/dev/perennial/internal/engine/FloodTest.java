package dev.perennial.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.perennial.Batch;
import dev.perennial.EventStream;
import dev.perennial.StreamInterruptedException;
import dev.perennial.StreamState;
import dev.perennial.StubServerSource;
import dev.perennial.TestPosition;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.time.Duration;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A server that sends only redeliveries or progress, without end")
class FloodTest {

  private static final Duration EACH = Duration.ofMillis(1);

  private final ManualRuntime runtime = new ManualRuntime();
  private int received;
  private int interruptAt = -1;
  private int most = 100_000;

  /** Returns one event and then only progress or redeliveries. Each takes 1 ms. */
  private Received<String, TestPosition> receive(boolean progress) {
    received++;
    runtime.advance(EACH);
    if (received == interruptAt) {
      Thread.currentThread().interrupt();
    }
    if (received > most) {
      throw new IllegalStateException("asked too often");
    }
    return progress && received > 1
        ? Received.progress(new TestPosition(received))
        : Received.event("event", new TestPosition(1));
  }

  private EventStream<String> open(boolean progress) {
    return EventStream.from(new StubServerSource(() -> () -> receive(progress)))
        .runtime(runtime)
        .open();
  }

  @AfterEach
  void clearInterrupt() {
    Thread.interrupted();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("poll returns in time with the events received so far")
  void poll(boolean progress) throws Exception {
    EventStream<String> stream = open(progress);
    Batch<String> batch = stream.poll(10, Duration.ofMillis(100));
    assertThat(batch.size()).isEqualTo(1);
    assertThat(received).isLessThanOrEqualTo(100 + 10);
    int before = received;
    assertThat(stream.poll(10, Duration.ofMillis(100)).size()).isZero();
    assertThat(received - before).isLessThanOrEqualTo(100 + 1);
  }

  @Test
  @DisplayName("a poll with a long timeout does not use it after the first event")
  void pollForHours() throws Exception {
    assertThat(open(false).poll(10, Duration.ofHours(1)).size()).isEqualTo(1);
    assertThat(received).isLessThan(2_000);
  }

  @Test
  @DisplayName("an interrupted poll returns the events it has, and the next call throws")
  void interruptedPoll() throws Exception {
    EventStream<String> stream = open(false);
    interruptAt = 5;
    assertThat(stream.poll(10, Duration.ofHours(1)).size()).isEqualTo(1);
    assertThat(received).isEqualTo(5);
    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> stream.poll(10, Duration.ofHours(1)));
    assertThat(stream.state()).isEqualTo(StreamState.LIVE);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("next returns in time")
  void nextInTime(boolean progress) throws Exception {
    EventStream<String> stream = open(progress);
    stream.next();
    int before = received;
    assertThat(stream.next(Duration.ofMillis(100))).isEqualTo(Optional.empty());
    assertThat(received - before).isLessThanOrEqualTo(101);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("an interrupt ends every call that waits")
  void interrupts(boolean progress) throws Exception {
    EventStream<String> stream = open(progress);
    stream.next();
    assertInterrupted(stream::next);
    assertInterrupted(() -> stream.next(Duration.ofHours(1)));
    assertInterrupted(() -> stream.poll(10, Duration.ofHours(1)));
    assertInterrupted(() -> stream.consume(delivery -> {}));
    interruptAt = received + 5;
    assertThatExceptionOfType(StreamInterruptedException.class)
        .isThrownBy(() -> stream.iterator().hasNext());
    assertThat(Thread.interrupted()).isTrue();
    assertThat(stream.state()).isEqualTo(StreamState.LIVE);
  }

  private void assertInterrupted(ThrowingCallable call) {
    interruptAt = received + 5;
    assertThatExceptionOfType(InterruptedException.class).isThrownBy(call);
    assertThat(received).isEqualTo(interruptAt);
    assertThat(Thread.interrupted()).isFalse();
  }
}
