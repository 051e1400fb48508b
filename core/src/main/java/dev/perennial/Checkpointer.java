package dev.perennial;

import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.StreamException.Reason;
import dev.perennial.StreamListener.CheckpointSaveFailed;
import dev.perennial.StreamListener.CheckpointSaved;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import dev.perennial.port.StreamRuntime.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Saves a window's newest watermark, off the application's threads: after so many acks, so long
 * after the first ack that is not saved, and when it is asked to. However many ask meanwhile, one
 * save follows the other, each of what is newest then.
 */
final class Checkpointer<P extends Position> {

  /** Between tries to save. */
  private static final BackoffPolicy RETRIES =
      BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5));

  private final ClientTrackedSource<?, P> source;
  private final AckWindow<?, P> window;
  private final Claim claim;
  private final StoreLane lane;
  private final OutageClock outage;
  private final Checkpoints.Settings settings;
  private final StreamRuntime runtime;
  private final Signal signal;
  private final Lifecycle lifecycle;
  private final Observer observer;

  private final AtomicInteger unsaved = new AtomicInteger();
  private final AtomicBoolean timed = new AtomicBoolean();
  private final AtomicBoolean requested = new AtomicBoolean();
  private volatile @Nullable P saved;
  private volatile @Nullable Instant lastSave;

  /**
   * Set while a failed save waits for its next try: until then acks and the interval ask for none.
   */
  private volatile @Nullable Timer retry;

  private volatile @Nullable Timer interval;
  private volatile boolean stopped;

  /** How many saves in a row have failed. The lane's. */
  private int failures;

  Checkpointer(
      ClientTrackedSource<?, P> source,
      AckWindow<?, P> window,
      Claim claim,
      StoreLane lane,
      OutageClock outage,
      Checkpoints.Settings settings,
      StreamRuntime runtime,
      Signal signal,
      Lifecycle lifecycle,
      Observer observer) {
    this.source = source;
    this.window = window;
    this.claim = claim;
    this.lane = lane;
    this.outage = outage;
    this.settings = settings;
    this.runtime = runtime;
    this.signal = signal;
    this.lifecycle = lifecycle;
    this.observer = observer;
  }

  /**
   * Notes where the stream goes on from, which is what is saved. For the pulling thread, before
   * anything is received.
   */
  void restored(P position) {
    window.progress(position);
    saved = position;
  }

  /**
   * Notes where the stream begins, which is to be saved. For the pulling thread, before anything is
   * received.
   */
  void begin(P position) {
    window.progress(position);
    request();
  }

  /** Notes that the watermark may have moved. Any thread. */
  void moved() {
    int count = unsaved.incrementAndGet();
    if (count >= settings.acks()) {
      requestUnlessRetrying();
    } else if (count == 1 && timed.compareAndSet(false, true)) {
      Timer timer = runtime.schedule(settings.interval(), this::timeIsOver);
      interval = timer;
      if (stopped) {
        timer.cancel();
      }
    }
  }

  private void timeIsOver() {
    timed.set(false);
    if (unsaved.get() > 0) {
      requestUnlessRetrying();
    }
  }

  private void requestUnlessRetrying() {
    if (retry == null) {
      request();
    }
  }

  /** Leaves no timer behind. For who closes the stream, after the last flush. */
  void stop() {
    stopped = true;
    cancel(interval);
    cancel(retry);
  }

  private static void cancel(@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  /** Whether everything that was acked in order is saved. */
  boolean isSaved() {
    P newest = window.watermark();
    return newest == null || newest.equals(saved);
  }

  Optional<Instant> lastSave() {
    return Optional.ofNullable(lastSave);
  }

  /** Begins to save what there is. */
  void saveNow() {
    if (!isSaved() && claim.slot() != null) {
      cancel(retry);
      retry = null;
      request();
    }
  }

  /** Tries to save all that there is until it is saved, it cannot be, or the time is over. */
  CheckpointOutcome flush(Deadline deadline) {
    saveNow();
    Uninterrupted.await(signal, () -> isSaved() || claim.slot() == null, deadline);
    return outcome();
  }

  CheckpointOutcome outcome() {
    if (window.watermark() == null) {
      return CheckpointOutcome.NONE;
    }
    return isSaved() ? CheckpointOutcome.SAVED : CheckpointOutcome.NOT_SAVED;
  }

  private void request() {
    if (requested.compareAndSet(false, true)) {
      lane.submit(this::save);
    }
  }

  private void tryAgain() {
    retry = null;
    request();
  }

  private void save() {
    requested.set(false);
    if (retry != null) {
      // Asked for before the last save failed; the retry comes in its own time.
      return;
    }
    unsaved.set(0);
    CheckpointSlot slot = claim.slot();
    P newest = window.watermark();
    if (slot == null || newest == null || newest.equals(saved)) {
      return;
    }
    Checkpoint checkpoint;
    try {
      checkpoint = source.encode(newest);
    } catch (Throwable e) {
      claim.bar(
          Reason.CHECKPOINT,
          "cannot be used, because the " + observer.source() + " source failed to encode " + newest,
          e);
      return;
    }
    long begun = runtime.nanoTime();
    try {
      outage.begin();
      slot.save(checkpoint);
      outage.end();
    } catch (Throwable e) {
      failed(newest, e);
      return;
    }
    failures = 0;
    saved = newest;
    lastSave = runtime.now();
    signal.raise();
    observer.checkpointSaved(
        new CheckpointSaved(newest, Duration.ofNanos(runtime.nanoTime() - begun)));
    if (lifecycle.isClosing() && !isSaved()) {
      request();
    }
  }

  private void failed(P position, Throwable cause) {
    Kind kind = cause instanceof CheckpointException known ? known.kind() : Kind.UNAVAILABLE;
    if (kind != Kind.UNAVAILABLE) {
      outage.end();
      claim.bar(
          kind == Kind.CLAIM_LOST ? Reason.CLAIM_LOST : Reason.CHECKPOINT,
          "cannot be used any more (" + cause.getMessage() + ")",
          cause);
      return;
    }
    outage.failed(cause);
    Duration wait = RETRIES.delay(++failures, runtime.random());
    Timer next = runtime.schedule(wait, this::tryAgain);
    retry = next;
    if (stopped) {
      next.cancel();
    }
    signal.raise();
    observer.checkpointSaveFailed(new CheckpointSaveFailed(position, cause, wait));
  }
}
