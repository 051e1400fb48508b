package dev.perennial;

import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * When a stream's checkpoint is saved: after so many acks, so long after the first ack that is not
 * saved, when it is asked for, and again some time after a save that failed. However many ask, one
 * save at a time waits on the lane.
 */
final class SaveSchedule {

  /** Between tries to save. */
  private static final BackoffPolicy RETRIES =
      BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5));

  private final Checkpoints.Settings settings;
  private final StreamRuntime runtime;
  private final StoreLane lane;
  private final Runnable save;

  private final AtomicInteger unsaved = new AtomicInteger();
  private final AtomicBoolean requested = new AtomicBoolean();
  private final Alarm interval;

  /**
   * Set while a failed save waits for its next try: until then acks and the interval ask for none.
   */
  private final Alarm retry;

  /** How many saves in a row have failed. The lane's. */
  private int failures;

  SaveSchedule(
      Checkpoints.Settings settings, StreamRuntime runtime, StoreLane lane, Runnable save) {
    this.settings = settings;
    this.runtime = runtime;
    this.lane = lane;
    this.save = save;
    this.interval = new Alarm(runtime);
    this.retry = new Alarm(runtime);
  }

  /** Notes that there may be something to save. Any thread. */
  void moved() {
    int count = unsaved.incrementAndGet();
    if (count >= settings.acks()) {
      requestUnlessRetrying();
    } else if (count == 1 && !interval.isSet()) {
      saveInTime();
    }
  }

  private void saveInTime() {
    try {
      interval.set(settings.interval(), this::timeIsOver);
    } catch (Throwable e) {
      // Without a timer it is saved now, rather than perhaps never.
      requestUnlessRetrying();
    }
  }

  private void timeIsOver() {
    if (unsaved.get() > 0) {
      requestUnlessRetrying();
    }
  }

  private void requestUnlessRetrying() {
    if (!retry.isSet()) {
      request();
    }
  }

  /** Asks for a save that waits for no retry. Any thread. */
  void now() {
    retry.cancel();
    request();
    // One that was asked for before may have found no thread.
    lane.start();
  }

  private void request() {
    if (requested.compareAndSet(false, true)) {
      lane.submit(save);
    }
  }

  /**
   * A save begins. False if it was asked for before one failed, whose retry comes in its own time.
   */
  boolean begin() {
    requested.set(false);
    if (retry.isSet()) {
      return false;
    }
    unsaved.set(0);
    return true;
  }

  /** The save that had begun succeeded. */
  void succeeded() {
    failures = 0;
  }

  /**
   * The save that had begun failed; says how long until the next try. Where no timer can be had for
   * that, throws what the runtime throws.
   */
  Duration failed() {
    failures++;
    Duration wait = RETRIES.delay(failures, runtime.random());
    retry.set(wait, this::request);
    return wait;
  }

  /** Leaves no timer behind. For who closes the stream, after the last flush. */
  void stop() {
    interval.stop();
    retry.stop();
  }
}
