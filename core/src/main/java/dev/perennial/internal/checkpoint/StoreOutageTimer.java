package dev.perennial.internal.checkpoint;

import dev.perennial.StreamFailedException.Reason;
import dev.perennial.internal.stream.BackgroundThread;
import dev.perennial.internal.stream.OneShotTimer;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamFailure;
import dev.perennial.port.support.LogText;
import org.jspecify.annotations.Nullable;

/**
 * Fails a stream whose checkpoint store has not worked for too long, counted from the start of the
 * first call that has not succeeded, and keeps the last error. A timer fails the stream, because a
 * call may hang, and does so on another thread, because a listener may be slow. Safe for use from
 * any thread.
 */
public final class StoreOutageTimer {

  private final CheckpointOptions options;
  private final StreamContext context;
  private final OneShotTimer timer;

  /** Whether a call has begun and none has succeeded since, because the timer may fire late. */
  private volatile boolean isOut;

  private volatile @Nullable Throwable lastError;

  public StoreOutageTimer(CheckpointOptions options, StreamContext context) {
    this.options = options;
    this.context = context;
    this.timer = new OneShotTimer(context.runtime());
  }

  /** Notes that a call begins. If there is no timer, the next call begins the count. */
  public void begin() {
    if (timer.isSet()) {
      return;
    }
    isOut = true;
    try {
      timer.set(
          options.tolerateOutage(),
          () -> BackgroundThread.run(this::timeIsOver, context.runtime()));
    } catch (Throwable e) {
      // The call is worth an attempt: the store may work.
    }
  }

  /** Notes why the call failed. */
  public void noteError(Throwable cause) {
    lastError = cause;
  }

  /** Notes that the call succeeded, or is not repeated. */
  public void end() {
    isOut = false;
    timer.cancel();
    lastError = null;
  }

  /** Cancels the timer for good; the last error stays. */
  public void stop() {
    isOut = false;
    timer.stop();
  }

  /** Returns the last error of the store; null once a call has succeeded. */
  public @Nullable Throwable lastError() {
    return lastError;
  }

  private void timeIsOver() {
    if (!isOut) {
      return;
    }
    context
        .lifecycle()
        .fail(
            StreamFailure.of(
                Reason.CHECKPOINT,
                "Cannot use the store of checkpoint \""
                    + options.streamId()
                    + "\": it has not worked for "
                    + LogText.duration(options.tolerateOutage())
                    + ". Check the store; what is not saved comes again with the next run.",
                lastError));
  }
}
