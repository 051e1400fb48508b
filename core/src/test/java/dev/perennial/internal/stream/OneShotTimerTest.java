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
  private final OneShotTimer alarm = new OneShotTimer(runtime);
  private final AtomicInteger rang = new AtomicInteger();

  private boolean set() {
    return alarm.set(SECOND, rang::incrementAndGet);
  }

  @Test
  @DisplayName("rings once, at its time, and can be set again")
  void rings() {
    assertThat(set()).isTrue();
    runtime.advance(SECOND.minusNanos(1));
    assertThat(alarm.isSet()).isTrue();
    assertThat(rang).hasValue(0);
    runtime.advance(Duration.ofHours(1));
    assertThat(alarm.isSet()).isFalse();
    assertThat(rang).hasValue(1);
    assertThat(set()).isTrue();
    runtime.advance(SECOND);
    assertThat(rang).hasValue(2);
  }

  @Test
  @DisplayName("is not set while it is set")
  void once() {
    assertThat(set()).isTrue();
    assertThat(set()).isFalse();
    assertThat(runtime.pendingTimers()).isEqualTo(1);
    runtime.advance(SECOND);
    assertThat(rang).hasValue(1);
  }

  @Test
  @DisplayName("can be set again from its own task")
  void fromItsTask() {
    alarm.set(SECOND, () -> assertThat(set()).isTrue());
    runtime.advance(SECOND);
    assertThat(alarm.isSet()).isTrue();
    runtime.advance(SECOND);
    assertThat(rang).hasValue(1);
  }

  @Test
  @DisplayName("one that was cancelled does not ring, leaves no timer, and can be set again")
  void cancelled() {
    alarm.cancel();
    set();
    alarm.cancel();
    alarm.cancel();
    assertThat(alarm.isSet()).isFalse();
    assertThat(runtime.pendingTimers()).isZero();
    assertThat(set()).isTrue();
    runtime.advance(SECOND);
    assertThat(rang).hasValue(1);
  }

  @Test
  @DisplayName("one that was stopped rings never again")
  void stopped() {
    set();
    alarm.stop();
    assertThat(alarm.isSet()).isFalse();
    assertThat(set()).isFalse();
    alarm.cancel();
    assertThat(set()).isFalse();
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("one that rings before its timer is noted is not taken for set")
  void ringsEarly() {
    runtime.holdUp(SECOND);
    assertThat(set()).isTrue();
    assertThat(rang).hasValue(1);
    assertThat(alarm.isSet()).isFalse();
    assertThat(set()).isTrue();
  }

  @Test
  @DisplayName("one for which no timer can be had is not taken for set")
  void noTimer() {
    runtime.refuseTimers(1);
    assertThatExceptionOfType(Error.class).isThrownBy(this::set);
    assertThat(alarm.isSet()).isFalse();
    assertThat(set()).isTrue();
    runtime.advance(SECOND);
    assertThat(rang).hasValue(1);
  }

  @Test
  @DisplayName("one that is cancelled before its timer is noted leaves no timer")
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
    other.set(SECOND, rang::incrementAndGet);
    assertThat(other.isSet()).isFalse();
    assertThat(slow.pendingTimers()).isZero();
  }
}
