package dev.perennial;

import dev.perennial.StreamException.Reason;
import dev.perennial.port.LogText;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Kills a stream whose checkpoint store has not done what it was asked for too long, counted from
 * the start of the first call that has not succeeded, and keeps the last error until then. A timer
 * kills it, because a call may hang; it hands over to another thread at once, because a listener
 * may be slow. Safe for use from any thread.
 */
final class OutageClock {

  private final Duration tolerated;
  private final String streamId;
  private final StreamRuntime runtime;
  private final Lifecycle lifecycle;
  private final Alarm alarm;

  /** Whether a call has begun and none has succeeded since; the alarm may ring too late. */
  private volatile boolean isOut;

  private volatile @Nullable Throwable lastError;

  OutageClock(Duration tolerated, String streamId, StreamRuntime runtime, Lifecycle lifecycle) {
    this.tolerated = tolerated;
    this.streamId = streamId;
    this.runtime = runtime;
    this.lifecycle = lifecycle;
    this.alarm = new Alarm(runtime);
  }

  /** A call begins; if no timer can be had for it, without one, until the next call begins. */
  void begin() {
    if (alarm.isSet()) {
      return;
    }
    isOut = true;
    try {
      alarm.set(tolerated, () -> OwnThread.run(this::timeIsOver, runtime));
    } catch (Throwable e) {
      // The call is worth a try: the store may well be there.
    }
  }

  /** The call failed. */
  void failed(Throwable cause) {
    lastError = cause;
  }

  /** The call succeeded, or is not repeated. */
  void end() {
    isOut = false;
    alarm.cancel();
    lastError = null;
  }

  /** Leaves no timer behind; the last error stays. */
  void stop() {
    isOut = false;
    alarm.stop();
  }

  /** What the store last failed with; null once it has succeeded. */
  @Nullable Throwable lastError() {
    return lastError;
  }

  private void timeIsOver() {
    if (!isOut) {
      return;
    }
    lifecycle.fail(
        Death.of(
            Reason.CHECKPOINT,
            "Cannot use the store of checkpoint \""
                + streamId
                + "\": it has not worked for "
                + LogText.duration(tolerated)
                + ". Check the store; what is not saved comes again with the next run.",
            lastError));
  }
}
