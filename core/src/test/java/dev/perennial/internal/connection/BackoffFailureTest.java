package dev.perennial.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.StubServerSource;
import dev.perennial.TestPosition;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackoffFailureTest {

  /** Makes a source that loses each connection after some events. */
  private static StubServerSource losing(int events) {
    return new StubServerSource(() -> {
      AtomicInteger given = new AtomicInteger();
      return () -> {
        if (given.get() == events) {
          throw new EOFException();
        }
        return Received.event("event", new TestPosition(given.incrementAndGet()));
      };
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  @DisplayName("a backoff policy that throws ends the stream, and each call throws")
  void throwing(int events) throws Exception {
    IllegalStateException broken = new IllegalStateException("broken policy");
    BackoffPolicy policy =
        (failures, random) -> {
          throw broken;
        };
    EventStream<String> stream =
        EventStream.from(losing(events)).backoff(policy).runtime(new ManualRuntime()).open();
    for (int i = 0; i < events; i++) {
      assertThat(stream.next(Duration.ofSeconds(1))).isPresent();
    }
    for (int i = 0; i < 2; i++) {
      assertThatExceptionOfType(StreamFailedException.class)
          .isThrownBy(() -> pull(stream))
          .withMessageContaining("backoff policy")
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.FATAL))
          .havingCause()
          .isSameAs(broken);
    }
    assertThat(stream.state()).isEqualTo(StreamState.FAILED);
    stream.close();
  }

  @Test
  @DisplayName("a classifier that rethrows the error it should classify ends the stream")
  void rethrowingClassifier() throws Exception {
    ErrorClassifier rethrows =
        error -> {
          throw new UncheckedIOException((IOException) error);
        };
    ErrorClassifier same =
        error -> {
          throw BackoffFailureTest.<RuntimeException>sneaky(error);
        };
    for (ErrorClassifier errors : List.of(rethrows, same)) {
      EventStream<String> stream =
          EventStream.from(losing(0)).errors(errors).runtime(new ManualRuntime()).open();
      assertThatExceptionOfType(StreamFailedException.class)
          .isThrownBy(() -> pull(stream))
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.FATAL))
          .withCauseInstanceOf(EOFException.class);
      stream.close();
    }
  }

  @SuppressWarnings("unchecked")
  private static <X extends Throwable> RuntimeException sneaky(Throwable error) throws X {
    throw (X) error;
  }

  /** Pulls a few times only, because a stream stuck between two states never returns an event. */
  private static Optional<Delivery<String>> pull(EventStream<String> stream)
      throws InterruptedException {
    for (int i = 0; i < 5; i++) {
      Optional<Delivery<String>> next = stream.next(Duration.ZERO);
      if (next.isPresent()) {
        return next;
      }
    }
    return Optional.empty();
  }
}
