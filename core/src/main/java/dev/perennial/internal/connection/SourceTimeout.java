package dev.perennial.internal.connection;

import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * Thrown when a call of the source takes longer than the stream allows. It is always retried,
 * whatever the classifiers say.
 */
public final class SourceTimeout extends TimeoutException {

  private static final long serialVersionUID = 1;

  public SourceTimeout(String method, Duration limit, Throwable cause) {
    super(
        method
            + "() of the source took longer than EventStreamBuilder.connectTimeout() allows, which is "
            + LogText.duration(limit));
    initCause(cause);
  }
}
