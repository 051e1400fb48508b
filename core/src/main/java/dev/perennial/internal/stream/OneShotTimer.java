package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs a task after a delay, and one at a time: while it is set, it is not set again. Safe for use
 * from any thread.
 */
public final class OneShotTimer {

  /** One time that it is set; itself what says so, because the timer comes late. */
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
   * Sets it. False, and nothing else, if it is set already or was stopped. Where no timer can be
   * had, it throws what the runtime throws, and is not set.
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
    // Whoever cancels clears it first and looks for the timer then; we do it the other way round.
    if (current.get() != setting) {
      cancel(setting);
    }
    return true;
  }

  /** Whether the task is still to run. */
  public boolean isSet() {
    Setting now = current.get();
    return now != null && now != STOPPED;
  }

  /** Unless the task has begun, it does not run; the alarm can be set again. */
  public void cancel() {
    Setting now = current.get();
    if (now != STOPPED && current.compareAndSet(now, null)) {
      cancel(now);
    }
  }

  /** Cancels it for good. */
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
      // Then it comes due, and does nothing.
    }
  }
}
