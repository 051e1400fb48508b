package dev.perennial.port.support;

import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Classifiers of errors that many adapters meet. All are safe for use from any thread. */
public final class ErrorClassifiers {

  /** A chain of causes longer than this is taken for a cycle. */
  private static final int MAX_CAUSES = 32;

  private static final Set<String> BROKEN =
      Set.of("Broken pipe", "Connection reset", "Connection reset by peer", "Connection timed out");

  private ErrorClassifiers() {}

  /**
   * Returns a classifier that retries the common failures of a network: refused, reset and closed
   * connections, timeouts, unknown hosts and unexpected ends. It looks at the error and its causes.
   * It does not know certificate problems, which a retry does not help.
   */
  public static ErrorClassifier network() {
    return ErrorClassifiers::ofNetwork;
  }

  /**
   * Returns a classifier of every {@link TransportException}. It retries what could not be reached,
   * what was lost, and rejected handshakes with status 408, 425, 429 or 5xx (RFC 9110 and RFC
   * 6585), not before the time in a {@code Retry-After} header. A date in that header counts from
   * the answer's own {@code Date}. Everything else, such as a certificate that is not trusted, is
   * {@linkplain Verdict#refused() refused}: the answer may be that of a proxy or a load balancer,
   * and temporary.
   */
  public static ErrorClassifier transport() {
    return ErrorClassifiers::ofTransport;
  }

  private static Optional<Verdict> ofNetwork(Throwable error) {
    @Nullable Throwable cause = error;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      if (isBroken(cause)
          || cause instanceof SocketException // connection refused and reset, no route, bind
          || cause instanceof SocketTimeoutException
          || cause instanceof UnknownHostException
          || cause instanceof UnresolvedAddressException
          || cause instanceof PortUnreachableException
          || cause instanceof HttpTimeoutException
          || cause instanceof TimeoutException
          || cause instanceof EOFException
          || cause instanceof ClosedChannelException
          || cause instanceof InterruptedIOException) {
        return Optional.of(Verdict.retry());
      }
    }
    return Optional.empty();
  }

  /**
   * A channel's broken connection is a bare IOException with the system's words (sun.nio.ch, and
   * strerror of EPIPE, ECONNRESET, ETIMEDOUT), so there is nothing but the words to know it by.
   */
  private static boolean isBroken(Throwable error) {
    String words = error.getMessage();
    return error.getClass() == IOException.class && words != null && BROKEN.contains(words);
  }

  private static Optional<Verdict> ofTransport(Throwable error) {
    if (!(error instanceof TransportException failure)) {
      return Optional.empty();
    }
    if (failure instanceof TransportException.Unreachable
        || failure instanceof TransportException.Lost) {
      return Optional.of(Verdict.retry());
    }
    if (failure instanceof TransportException.Rejected rejected && passing(rejected.status())) {
      return Optional.of(Verdict.retryAfter(retryAfter(rejected)));
    }
    return Optional.of(Verdict.refused());
  }

  private static boolean passing(int status) {
    return status == 408 || status == 425 || status == 429 || status >= 500;
  }

  private static Duration retryAfter(TransportException.Rejected rejected) {
    return rejected.header("retry-after").map(value -> wait(value, rejected)).orElse(Duration.ZERO);
  }

  /** RFC 9110, section 10.2.3: seconds, or a date, which counts from that of the answer. */
  private static Duration wait(String value, TransportException.Rejected rejected) {
    if (value.matches("[0-9]+")) {
      // Of a number without end, what a long holds: the stream caps the wait.
      return Duration.ofSeconds(value.length() > 9 ? Integer.MAX_VALUE : Long.parseLong(value));
    }
    Instant now = StreamRuntime.system().now();
    Instant answered =
        rejected.header("date").flatMap(date -> HttpDate.parse(date, now)).orElse(now);
    return HttpDate.parse(value, answered)
        .map(until -> Duration.between(answered, until))
        .filter(wait -> !wait.isNegative())
        .orElse(Duration.ZERO);
  }
}
