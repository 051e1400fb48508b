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
  private final StoreOutageTimer clock =
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

  private boolean isDead() {
    return lifecycle.state() == StreamState.FAILED;
  }

  @Test
  @DisplayName("a call that hangs kills the stream at the tolerated time")
  void hangs() {
    clock.begin();
    runtime.advance(TOLERATED.minusNanos(1));
    assertThat(isDead()).isFalse();
    runtime.advance(Duration.ofNanos(1));
    assertThat(isDead()).isTrue();
  }

  @Test
  @DisplayName("failures and further tries do not start the clock anew")
  void countsFromTheFirst() {
    for (int i = 0; i < 6; i++) {
      clock.begin();
      clock.noteError(new IllegalStateException());
      assertThat(isDead()).isFalse();
      runtime.advance(Duration.ofSeconds(10));
    }
    assertThat(isDead()).isTrue();
  }

  @Test
  @DisplayName("a success stops the clock, and leaves no timer")
  void success() {
    clock.begin();
    runtime.advance(Duration.ofSeconds(59));
    clock.end();
    assertThat(runtime.pendingTimers()).isZero();
    clock.end();
    clock.begin();
    runtime.advance(Duration.ofSeconds(59));
    assertThat(isDead()).isFalse();
    clock.end();
    runtime.advance(Duration.ofHours(1));
    assertThat(isDead()).isFalse();
  }

  @Test
  @DisplayName("an error without a call is nobody's")
  void errorWithoutCall() {
    clock.noteError(new IllegalStateException());
    runtime.advance(Duration.ofHours(1));
    assertThat(isDead()).isFalse();
  }

  @Test
  @DisplayName(
      "a call for which no timer can be had begins all the same; the next starts the clock")
  void noTimer() {
    runtime.refuseTimers(1);
    clock.begin();
    runtime.advance(TOLERATED);
    assertThat(isDead()).isFalse();
    clock.begin();
    runtime.advance(TOLERATED);
    assertThat(isDead()).isTrue();
  }

  @Test
  @DisplayName("the stream dies at the tolerated time, although no thread can be had to tell it")
  void noThread() {
    clock.begin();
    runtime.refuseThreads(1);
    runtime.advance(TOLERATED);
    assertThat(isDead()).isTrue();
  }
}
