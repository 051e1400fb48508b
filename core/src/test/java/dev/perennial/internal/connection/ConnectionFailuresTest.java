package dev.perennial.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

import dev.perennial.AckMode;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.internal.stream.StreamOptions;
import dev.perennial.internal.stream.TestContext;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ConnectionFailuresTest {

  private static final IOException CUT = new IOException("cut");
  private static final TransportException GARBLED =
      new TransportException.Lost(1007, "not UTF-8", null);
  private static final Duration STABLE = Duration.ofSeconds(30);
  private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);

  private final ManualRuntime runtime = new ManualRuntime();
  private final StreamObserver observer = mock(StreamObserver.class);
  private final SourceTracking<?, ?> tracking = mock(SourceTracking.class);
  private final ArrayDeque<Error> policyErrors = new ArrayDeque<>();
  private Verdict verdict = Verdict.retry();

  private final BackoffPolicy policy =
      (failures, random) -> {
        if (!policyErrors.isEmpty()) {
          throw policyErrors.remove();
        }
        return Duration.ofSeconds(1 + failures);
      };

  private final ConnectionFailures failures =
      new ConnectionFailures(
          tracking,
          TestContext.of(
              new StreamOptions(
                  "test",
                  "mocked",
                  16,
                  AckMode.EXPLICIT,
                  policy,
                  OptionalInt.empty(),
                  STABLE,
                  FIVE_MINUTES,
                  Duration.ofSeconds(5),
                  Optional.empty(),
                  16,
                  List.of(error -> Optional.of(verdict)),
                  runtime),
              observer));

  private void attemptFailed() {
    failures.failed(Optional.empty(), false, CUT);
  }

  @Test
  @DisplayName("a failure counts once, even if the backoff policy threw before")
  void countedOnce() {
    policyErrors.add(new InternalError("of this test"));
    assertThatExceptionOfType(InternalError.class).isThrownBy(this::attemptFailed);
    attemptFailed();
    assertThat(failures.count()).isEqualTo(1);
    attemptFailed();
    assertThat(failures.count()).isEqualTo(2);
  }

  @Test
  @DisplayName("a wait that the server asks for is reported as capped only if it is longer")
  void asked() {
    verdict = Verdict.retryAfter(FIVE_MINUTES);
    attemptFailed();
    assertThat(failures.retry().remaining()).isEqualTo(FIVE_MINUTES);
    verify(observer, never()).waitCapped(any(), any());
    verdict = Verdict.retryAfter(FIVE_MINUTES.plusNanos(1));
    attemptFailed();
    assertThat(failures.retry().remaining()).isEqualTo(FIVE_MINUTES);
    verify(observer).waitCapped(FIVE_MINUTES.plusNanos(1), FIVE_MINUTES);
  }

  @Test
  @DisplayName("broken bytes on two connections in a row count unless both connections were stable")
  void garbledAgain() {
    failures.failed(Optional.of(STABLE), true, GARBLED);
    assertThat(failures.count()).isZero();
    failures.failed(Optional.of(STABLE), true, GARBLED);
    assertThat(failures.count()).isZero();
    failures.failed(Optional.of(STABLE.minusNanos(1)), true, GARBLED);
    assertThat(failures.count()).isEqualTo(1);
  }
}
