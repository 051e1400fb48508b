package dev.perennial.internal.connection;

import dev.perennial.port.LogText;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What a stream waits for on its way to a connection, for errors.
 *
 * @param what to be put behind "waits for"
 * @param lastError the last error of that; null if there was none, or it succeeded since
 */
public record AwaitedStep(String what, @Nullable Throwable lastError) {

  /** What a call throws if the stream waits for it still after a time. */
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
