package dev.perennial.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.BackoffPolicy;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AttemptsTest {

  private static final BackoffPolicy MILLIS_PER_FAILURE =
      (failures, random) -> Duration.ofMillis(failures * 100L + (long) (random * 10));

  @Test
  @DisplayName("the policy computes the delay from the number of failures and the random number")
  void delays() {
    Attempts attempts = new Attempts(MILLIS_PER_FAILURE, OptionalInt.empty(), () -> 0.5);
    assertThat(attempts.delay()).isEqualTo(Duration.ofMillis(105));
    for (int n = 1; n <= 1_000; n++) {
      assertThat(attempts.failed(new IllegalStateException())).isTrue();
      assertThat(attempts.count()).isEqualTo(n);
      assertThat(attempts.delay()).isEqualTo(Duration.ofMillis(n * 100L + 5));
    }
  }

  @Test
  @DisplayName("the nth failure in a row is the last one, and errors count")
  void exhausted() {
    Attempts attempts = new Attempts(MILLIS_PER_FAILURE, OptionalInt.of(3), () -> 0);
    assertThat(attempts.failed(new Exception())).isTrue();
    assertThat(attempts.failed(new StackOverflowError())).isTrue();
    assertThat(attempts.failed(new Exception())).isFalse();
    assertThat(attempts.count()).isEqualTo(3);
  }

  @Test
  @DisplayName("with one attempt the first failure is the last one")
  void one() {
    assertThat(new Attempts(MILLIS_PER_FAILURE, OptionalInt.of(1), () -> 0).failed(new Exception()))
        .isFalse();
  }

  @Test
  @DisplayName("startOver() resets the count")
  void startOver() {
    Attempts attempts = new Attempts(MILLIS_PER_FAILURE, OptionalInt.of(2), () -> 0);
    assertThat(attempts.failed(new Exception())).isTrue();
    attempts.startOver();
    assertThat(attempts.count()).isZero();
    assertThat(attempts.failed(new Exception())).isTrue();
    assertThat(attempts.delay()).isEqualTo(Duration.ofMillis(100));
    assertThat(attempts.failed(new Exception())).isFalse();
  }
}
