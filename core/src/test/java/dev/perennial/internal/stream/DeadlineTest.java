package dev.perennial.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.ManualRuntime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DeadlineTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final ManualRuntime runtime = new ManualRuntime();

  DeadlineTest() {
    runtime.advance(MINUTE);
  }

  @Test
  @DisplayName("remaining() counts down to the deadline, and overdue() counts up after it")
  void counts() {
    Deadline deadline = Deadline.in(SECOND, runtime);
    runtime.advance(SECOND.minusNanos(1));
    assertThat(deadline.isOver()).isFalse();
    assertThat(deadline.remaining()).isEqualTo(Duration.ofNanos(1));
    assertThat(deadline.overdue()).isZero();
    runtime.advance(Duration.ofNanos(1));
    assertThat(deadline.isOver()).isTrue();
    assertThat(deadline.remaining()).isZero();
    assertThat(deadline.overdue()).isZero();
    runtime.advance(MINUTE);
    assertThat(deadline.remaining()).isZero();
    assertThat(deadline.overdue()).isEqualTo(MINUTE);
  }

  @Test
  @DisplayName("remaining(limit) is at most the limit")
  void most() {
    Deadline deadline = Deadline.in(SECOND, runtime);
    assertThat(deadline.remaining(MINUTE)).isEqualTo(SECOND);
    assertThat(deadline.remaining(Duration.ofMillis(1))).isEqualTo(Duration.ofMillis(1));
    assertThat(Deadline.never(runtime).remaining(MINUTE)).isEqualTo(MINUTE);
  }

  @Test
  @DisplayName("never() is never over")
  void never() {
    Deadline deadline = Deadline.never(runtime);
    assertThat(deadline.remaining()).isGreaterThan(Duration.ofDays(10_000));
    assertThat(deadline.overdue()).isZero();
    runtime.advance(Duration.ofDays(10_000));
    assertThat(deadline.isOver()).isFalse();
  }

  @Test
  @DisplayName("orOnce() is over early once the call is cancelled")
  void cancelled() {
    AtomicBoolean cancelled = new AtomicBoolean();
    Deadline deadline = Deadline.in(SECOND, runtime).orOnce(cancelled::get);
    assertThat(deadline.isOver()).isFalse();
    assertThat(deadline.remaining()).isEqualTo(SECOND);
    cancelled.set(true);
    assertThat(deadline.isOver()).isTrue();
    assertThat(deadline.remaining()).isZero();
    assertThat(deadline.overdue()).isZero();
    cancelled.set(false);
    runtime.advance(SECOND);
    assertThat(deadline.isOver()).isTrue();
  }

  @Test
  @DisplayName("later() moves the deadline")
  void later() {
    Deadline deadline = Deadline.in(SECOND, runtime).later(MINUTE);
    runtime.advance(MINUTE);
    assertThat(deadline.remaining()).isEqualTo(SECOND);
    runtime.advance(SECOND);
    assertThat(deadline.isOver()).isTrue();
  }
}
