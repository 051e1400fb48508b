package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A timer that runs one task at a time after a delay: while it is set, it cannot be set again. Safe
 * for use from any thread.
 */
public final class OneShotTimer {

  /** One setting of the timer. Its identity distinguishes a late run from the current one. */
  private static final class Setting {
    private volatile @Nullable Timer timer;
  }

  private static final Setting STOPPED = new Setting();

  private final StreamRuntime runtime;
  private final AtomicReference<@Nullable Setting> current = new AtomicReference<>();

  public OneShotTimer(StreamRuntime runtime) {
    this.runtime = runtime;
  }

  /**
   * Sets the timer. Returns false, and does nothing, if it is set already or was stopped. Throws
   * what the runtime throws if it has no timer, and then it is not set.
   */
  public boolean set(Duration delay, Runnable task) {
    Setting setting = new Setting();
    if (!current.compareAndSet(null, setting)) {
      return false;
    }
    Timer timer;
    try {
      timer =
          runtime.schedule(
              delay,
              () -> {
                if (current.compareAndSet(setting, null)) {
                  task.run();
                }
              });
    } catch (Throwable e) {
      current.compareAndSet(setting, null);
      throw e;
    }
    setting.timer = timer;
    // cancel() clears the setting first and then looks for the timer; this is the other order, so
    // one of the two cancels it.
    if (current.get() != setting) {
      cancel(setting);
    }
    return true;
  }

  /** Returns whether the task is still to run. */
  public boolean isSet() {
    Setting now = current.get();
    return now != null && now != STOPPED;
  }

  /** Cancels the task, unless it has begun. The timer can be set again. */
  public void cancel() {
    Setting now = current.get();
    if (now != STOPPED && current.compareAndSet(now, null)) {
      cancel(now);
    }
  }

  /** Cancels the task for good: the timer cannot be set again. */
  public void stop() {
    cancel(current.getAndSet(STOPPED));
  }

  private static void cancel(@Nullable Setting setting) {
    Timer timer = setting == null ? null : setting.timer;
    if (timer == null) {
      return;
    }
    try {
      timer.cancel();
    } catch (Throwable e) {
      // The timer then fires and finds nothing to do.
    }
  }
}
