package dev.perennial.port;

import java.util.Optional;

/** Says what errors mean for a stream. Safe for use from any thread. */
@FunctionalInterface
public interface ErrorClassifier {

  /**
   * What the error means, or empty if this classifier does not know. What no classifier knows is
   * fatal.
   */
  Optional<Verdict> classify(Throwable error);

  /** Asks this classifier first, and {@code next} about what this one does not know. */
  default ErrorClassifier orElse(ErrorClassifier next) {
    return error -> classify(error).or(() -> next.classify(error));
  }

  /** Knows nothing. */
  static ErrorClassifier none() {
    return error -> Optional.empty();
  }

  /**
   * Retries the common failures of a network: refused, reset and closed connections, time-outs,
   * unknown hosts, unexpected ends. Looks at the error and its causes. Does not know certificate
   * problems, which waiting does not mend.
   */
  static ErrorClassifier network() {
    return CommonErrors::network;
  }

  /**
   * Knows every {@link TransportException}: retries what could not be reached and what was lost,
   * and of rejected handshakes the statuses 408, 425, 429 and 5xx (RFC 9110 and RFC 6585), not
   * before a {@code Retry-After} header says, in seconds or with a date, which counts from the
   * answer's own {@code Date}. Everything else, of which a certificate that is not trusted is one,
   * is {@linkplain Verdict#refused() refused}: the answer may be that of a proxy or a balancer, and
   * pass.
   */
  static ErrorClassifier transport() {
    return CommonErrors::transport;
  }
}
