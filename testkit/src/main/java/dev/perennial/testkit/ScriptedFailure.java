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

  /** Trying again can help. */
  public static ScriptedFailure retry(String message) {
    return new ScriptedFailure(message, Verdict.retry());
  }

  /** Trying again can help, but not before a time has passed. */
  public static ScriptedFailure retryAfter(Duration atLeast, String message) {
    return new ScriptedFailure(message, Verdict.retryAfter(atLeast));
  }

  /** The server no longer knows the position. */
  public static ScriptedFailure positionLost(String message) {
    return new ScriptedFailure(message, Verdict.positionLost());
  }

  /** Trying again cannot help. */
  public static ScriptedFailure fatal(String message) {
    return new ScriptedFailure(message, Verdict.fatal());
  }

  /** An error with a verdict of yours. */
  public static ScriptedFailure of(Verdict verdict, String message) {
    return new ScriptedFailure(message, verdict);
  }

  /** An error that the scripted sources' classifier does not know. */
  public static ScriptedFailure unknown(String message) {
    return new ScriptedFailure(message, null);
  }

  /** Knows the errors of this class, by the verdicts that they carry. */
  static ErrorClassifier classifier() {
    return error ->
        error instanceof ScriptedFailure failure
            ? Optional.ofNullable(failure.verdict)
            : Optional.empty();
  }
}
