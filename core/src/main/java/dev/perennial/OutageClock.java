package dev.perennial;

import dev.perennial.StreamException.Reason;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Kills a stream whose checkpoint store has not done what it was asked for too long, counted from
 * the start of the first call that has not succeeded. A timer does it, because a call may hang; it
 * hands over to another thread at once, because a listener may be slow. {@code begin} and {@code
 * end} belong to the store's lane.
 */
final class OutageClock {

  private final Duration tolerated;
  private final String streamId;
  private final StreamRuntime runtime;
  private final Lifecycle lifecycle;
  private final AtomicReference<@Nullable Outage> current = new AtomicReference<>();
  private volatile @Nullable Throwable lastError;

  OutageClock(Duration tolerated, String streamId, StreamRuntime runtime, Lifecycle lifecycle) {
    this.tolerated = tolerated;
    this.streamId = streamId;
    this.runtime = runtime;
    this.lifecycle = lifecycle;
  }

  private final class Outage implements Runnable {
    private @Nullable Timer timer;

    @Override
    public void run() {
      if (current.get() == this) {
        lifecycle.fail(
            Death.of(
                Reason.CHECKPOINT,
                "the store of checkpoint '"
                    + streamId
                    + "' has not worked for "
                    + tolerated
                    + ", so the stream stopped; what is not saved by the time it is closed comes again with the next"
                    + " run",
                lastError));
      }
    }
  }

  /** A call begins; where no timer can be had for it, without, until the next one begins. */
  void begin() {
    Outage before = current.get();
    if (before != null && before.timer != null) {
      return;
    }
    Outage outage = before == null ? new Outage() : before;
    current.set(outage);
    try {
      outage.timer = runtime.schedule(tolerated, () -> OwnThread.run(outage, runtime));
    } catch (Throwable e) {
      // The call is worth a try: the store may well be there.
    }
  }

  /** The call failed. */
  void failed(Throwable cause) {
    lastError = cause;
  }

  /** The error of the last call; null if it succeeded. Any thread. */
  @Nullable Throwable lastError() {
    return lastError;
  }

  /** No timer can be had for the next call, so there may be none. Any thread. */
  void stuck(Throwable noTimer) {
    lifecycle.fail(
        Death.of(
            Reason.CHECKPOINT,
            "the store of checkpoint '"
                + streamId
                + "' cannot be called any more, because no timer could be had for that ("
                + noTimer
                + "), so the stream stopped; what is not saved by the time it is closed comes again with the next run",
            noTimer));
  }

  /** The call succeeded, or nobody waits for it any more. */
  void end() {
    lastError = null;
    Outage outage = current.getAndSet(null);
    if (outage != null && outage.timer != null) {
      outage.timer.cancel();
    }
  }
}
