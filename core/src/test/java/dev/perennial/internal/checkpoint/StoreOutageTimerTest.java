package dev.perennial.internal.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.StreamState;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.TestContext;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ManualRuntime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StoreOutageTimerTest {

  private static final Duration TOLERATED = Duration.ofSeconds(60);

  private final ManualRuntime runtime = new ManualRuntime();
  private final StreamContext context = TestContext.of(runtime);
  private final Lifecycle lifecycle = context.lifecycle();
  private final StoreOutageTimer outage =
      new StoreOutageTimer(
          new CheckpointOptions(
              CheckpointStore.of(id -> Optional.empty(), (id, checkpoint) -> {}),
              "orders",
              1,
              Duration.ofSeconds(1),
              TOLERATED,
              Optional.empty(),
              false),
          context);

  private boolean hasFailed() {
    return lifecycle.state() == StreamState.FAILED;
  }

  @Test
  @DisplayName("a call that hangs fails the stream at the tolerated time")
  void hangs() {
    outage.begin();
    runtime.advance(TOLERATED.minusNanos(1));
    assertThat(hasFailed()).isFalse();
    runtime.advance(Duration.ofNanos(1));
    assertThat(hasFailed()).isTrue();
  }

  @Test
  @DisplayName("failures and more calls do not restart the timer")
  void countsFromTheFirst() {
    for (int i = 0; i < 6; i++) {
      outage.begin();
      outage.noteError(new IllegalStateException());
      assertThat(hasFailed()).isFalse();
      runtime.advance(Duration.ofSeconds(10));
    }
    assertThat(hasFailed()).isTrue();
  }

  @Test
  @DisplayName("a success stops the timer")
  void success() {
    outage.begin();
    runtime.advance(Duration.ofSeconds(59));
    outage.end();
    assertThat(runtime.pendingTimers()).isZero();
    outage.end();
    outage.begin();
    runtime.advance(Duration.ofSeconds(59));
    assertThat(hasFailed()).isFalse();
    outage.end();
    runtime.advance(Duration.ofHours(1));
    assertThat(hasFailed()).isFalse();
  }

  @Test
  @DisplayName("an error outside a call does not start the timer")
  void errorWithoutCall() {
    outage.noteError(new IllegalStateException());
    runtime.advance(Duration.ofHours(1));
    assertThat(hasFailed()).isFalse();
  }

  @Test
  @DisplayName("a call that gets no timer still begins, and the next call starts the timer")
  void noTimer() {
    runtime.refuseTimers(1);
    outage.begin();
    runtime.advance(TOLERATED);
    assertThat(hasFailed()).isFalse();
    outage.begin();
    runtime.advance(TOLERATED);
    assertThat(hasFailed()).isTrue();
  }

  @Test
  @DisplayName("the stream fails at the tolerated time even if no thread can notify listeners")
  void noThread() {
    outage.begin();
    runtime.refuseThreads(1);
    runtime.advance(TOLERATED);
    assertThat(hasFailed()).isTrue();
  }
}
