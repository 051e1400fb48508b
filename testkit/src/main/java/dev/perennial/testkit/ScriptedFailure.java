package dev.perennial.testkit;

import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Verdict;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An error of a scripted source that carries its own verdict. */
public final class ScriptedFailure extends Exception {

  private static final long serialVersionUID = 1;

  private final transient @Nullable Verdict verdict;

  private ScriptedFailure(String message, @Nullable Verdict verdict) {
    super(message);
    this.verdict = verdict;
  }

  /** Makes an error that the stream retries. */
  public static ScriptedFailure retry(String message) {
    return new ScriptedFailure(message, Verdict.retry());
  }

  /** Makes an error that the stream retries, no sooner than after the given time. */
  public static ScriptedFailure retryAfter(Duration atLeast, String message) {
    return new ScriptedFailure(message, Verdict.retryAfter(atLeast));
  }

  /** Makes the error of a server that no longer has the events after the position. */
  public static ScriptedFailure positionLost(String message) {
    return new ScriptedFailure(message, Verdict.positionLost());
  }

  /** Makes an error that ends the stream. */
  public static ScriptedFailure fatal(String message) {
    return new ScriptedFailure(message, Verdict.fatal());
  }

  /** Makes an error with the given verdict. */
  public static ScriptedFailure of(Verdict verdict, String message) {
    return new ScriptedFailure(message, verdict);
  }

  /** Makes an error that the classifier of the scripted sources does not know. */
  public static ScriptedFailure unknown(String message) {
    return new ScriptedFailure(message, null);
  }

  /** Returns a classifier that knows the errors of this class by their verdicts. */
  static ErrorClassifier classifier() {
    return error ->
        error instanceof ScriptedFailure failure
            ? Optional.ofNullable(failure.verdict)
            : Optional.empty();
  }
}
