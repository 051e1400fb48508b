package dev.perennial.internal.connection;

import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The step on the way to a connection that a stream waits for, for error messages.
 *
 * @param what a phrase after "waits for"
 * @param lastError the last error of that step; null if there was none, or it has succeeded since
 */
public record AwaitedStep(String what, @Nullable Throwable lastError) {

  /** Returns the exception for a call that has waited for too long. */
  public TimeoutException after(Duration timeout, String stream) {
    TimeoutException late =
        new TimeoutException(
            "Stream \""
                + stream
                + "\" is not connected after "
                + LogText.duration(timeout)
                + ": it waits for "
                + what
                + (lastError == null
                    ? ""
                    : ", of which the last error was: " + LogText.reason(lastError))
                + ". It keeps trying at the next call.");
    late.initCause(lastError);
    return late;
  }
}
