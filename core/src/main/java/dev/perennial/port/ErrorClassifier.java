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
}
