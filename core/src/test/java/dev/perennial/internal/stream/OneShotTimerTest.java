package dev.perennial.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.spy;

import dev.perennial.port.ManualRuntime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OneShotTimerTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualRuntime runtime = new ManualRuntime();
  private final OneShotTimer timer = new OneShotTimer(runtime);
  private final AtomicInteger runs = new AtomicInteger();

  private boolean set() {
    return timer.set(SECOND, runs::incrementAndGet);
  }

  @Test
  @DisplayName("runs its task once, at its time, and can be set again")
  void runs() {
    assertThat(set()).isTrue();
    runtime.advance(SECOND.minusNanos(1));
    assertThat(timer.isSet()).isTrue();
    assertThat(runs).hasValue(0);
    runtime.advance(Duration.ofHours(1));
    assertThat(timer.isSet()).isFalse();
    assertThat(runs).hasValue(1);
    assertThat(set()).isTrue();
    runtime.advance(SECOND);
    assertThat(runs).hasValue(2);
  }

  @Test
  @DisplayName("cannot be set while it is set")
  void once() {
    assertThat(set()).isTrue();
    assertThat(set()).isFalse();
    assertThat(runtime.pendingTimers()).isEqualTo(1);
    runtime.advance(SECOND);
    assertThat(runs).hasValue(1);
  }

  @Test
  @DisplayName("can be set again from its own task")
  void fromItsTask() {
    timer.set(SECOND, () -> assertThat(set()).isTrue());
    runtime.advance(SECOND);
    assertThat(timer.isSet()).isTrue();
    runtime.advance(SECOND);
    assertThat(runs).hasValue(1);
  }

  @Test
  @DisplayName("a cancelled timer does not run, leaves no timer behind, and can be set again")
  void cancelled() {
    timer.cancel();
    set();
    timer.cancel();
    timer.cancel();
    assertThat(timer.isSet()).isFalse();
    assertThat(runtime.pendingTimers()).isZero();
    assertThat(set()).isTrue();
    runtime.advance(SECOND);
    assertThat(runs).hasValue(1);
  }

  @Test
  @DisplayName("a stopped timer cannot be set again")
  void stopped() {
    set();
    timer.stop();
    assertThat(timer.isSet()).isFalse();
    assertThat(set()).isFalse();
    timer.cancel();
    assertThat(set()).isFalse();
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("is not set if its task ran before schedule() returned")
  void runsEarly() {
    runtime.runWithinSchedule(SECOND);
    assertThat(set()).isTrue();
    assertThat(runs).hasValue(1);
    assertThat(timer.isSet()).isFalse();
    assertThat(set()).isTrue();
  }

  @Test
  @DisplayName("is not set if the runtime has no timer")
  void noTimer() {
    runtime.refuseTimers(1);
    assertThatExceptionOfType(Error.class).isThrownBy(this::set);
    assertThat(timer.isSet()).isFalse();
    assertThat(set()).isTrue();
    runtime.advance(SECOND);
    assertThat(runs).hasValue(1);
  }

  @Test
  @DisplayName("leaves no timer behind if it is cancelled before schedule() returned")
  void cancelledEarly() {
    ManualRuntime slow = spy(runtime);
    OneShotTimer other = new OneShotTimer(slow);
    doAnswer(
            call -> {
              Object timer = call.callRealMethod();
              other.cancel();
              return timer;
            })
        .when(slow)
        .schedule(any(), any());
    other.set(SECOND, runs::incrementAndGet);
    assertThat(other.isSet()).isFalse();
    assertThat(slow.pendingTimers()).isZero();
  }
}
