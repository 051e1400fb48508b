package dev.perennial;

import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * When a stream's checkpoint is saved: after so many acks, so long after the first ack that is not
 * saved, when it is asked for, and again some time after a save that failed. A save that could not
 * be handed over to a thread is asked for again by the next ack.
 */
final class SaveSchedule {

  /** Between tries to save. */
  private static final BackoffPolicy RETRIES =
      BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5));

  private final Checkpoints.Settings settings;
  private final StreamRuntime runtime;
  private final StoreLane.Job save;

  private final AtomicInteger unsaved = new AtomicInteger();
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
    this.save = lane.job(save);
    this.interval = new Alarm(runtime);
    this.retry = new Alarm(runtime);
  }

  /** Notes that there may be something to save. Any thread; throws nothing. */
  void moved() {
    int count = unsaved.incrementAndGet();
    if (count >= settings.acks() || save.isWanted()) {
      askUnlessRetrying();
    } else if (!interval.isSet()) {
      saveInTime();
    }
  }

  private void saveInTime() {
    try {
      interval.set(settings.interval(), this::timeIsOver);
    } catch (Throwable e) {
      // Without a timer it is saved now, rather than perhaps never.
      askUnlessRetrying();
    }
  }

  private void timeIsOver() {
    if (unsaved.get() > 0) {
      askUnlessRetrying();
    }
  }

  private void askUnlessRetrying() {
    if (!retry.isSet()) {
      save.ask();
    }
  }

  /** Asks for a save that waits for no retry. Any thread; throws nothing. */
  void now() {
    retry.cancel();
    save.ask();
  }

  /**
   * A save begins. False if it was asked for before one failed, whose retry comes in its own time.
   */
  boolean begin() {
    if (retry.isSet()) {
      return false;
    }
    // Before the watermark is read, so that an ack which comes after that counts for the next save.
    unsaved.set(0);
    return true;
  }

  /** The save that had begun succeeded. */
  void succeeded() {
    failures = 0;
  }

  /**
   * The save that had begun failed; says how long until the next try, or that none comes because of
   * {@link #stop}. If no timer can be had for that, it throws what the runtime throws, and the next
   * ack asks for the next try.
   */
  Optional<Duration> failed() {
    failures++;
    Duration wait = RETRIES.delay(failures, runtime.random());
    return retry.set(wait, save::ask) ? Optional.of(wait) : Optional.empty();
  }

  /** Leaves no timer behind. Any thread. */
  void stop() {
    interval.stop();
    retry.stop();
  }
}
