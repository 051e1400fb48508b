package dev.perennial.port;

import java.util.Optional;

/** A function that decides what an error means for a stream. Safe for use from any thread. */
@FunctionalInterface
public interface ErrorClassifier {

  /**
   * Returns what the error means, or empty if this classifier does not know it. An error that no
   * classifier knows is fatal.
   */
  Optional<Verdict> classify(Throwable error);

  /** Returns a classifier that asks {@code next} about the errors that this one does not know. */
  default ErrorClassifier orElse(ErrorClassifier next) {
    return error -> classify(error).or(() -> next.classify(error));
  }

  /** Returns a classifier that knows no error. */
  static ErrorClassifier none() {
    return error -> Optional.empty();
  }
}
