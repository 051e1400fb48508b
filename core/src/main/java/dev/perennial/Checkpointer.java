package dev.perennial;

import dev.perennial.StreamException.Reason;
import dev.perennial.StreamListener.CheckpointSaveFailed;
import dev.perennial.StreamListener.CheckpointSaved;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Saves a window's newest watermark when the schedule says so, off the application's threads: one
 * save after the other, each of what is newest then.
 */
final class Checkpointer<P extends Position> {

  /** How long the pulling thread waits for a save before it asks for one again. */
  private static final Duration ASK_AGAIN = Duration.ofMillis(500);

  private final ClientTrackedSource<?, P> source;
  private final AckWindow<?, P> window;
  private final Claim claim;
  private final OutageClock outage;
  private final String streamId;
  private final StreamRuntime runtime;
  private final Signal signal;
  private final Lifecycle lifecycle;
  private final Observer observer;

  private final SaveSchedule schedule;
  private volatile @Nullable P saved;
  private volatile @Nullable Instant lastSave;

  Checkpointer(
      ClientTrackedSource<?, P> source,
      AckWindow<?, P> window,
      Claim claim,
      StoreLane lane,
      OutageClock outage,
      Checkpoints checkpoints,
      StreamRuntime runtime,
      Signal signal,
      Lifecycle lifecycle,
      Observer observer) {
    this.source = source;
    this.window = window;
    this.claim = claim;
    this.outage = outage;
    this.streamId = checkpoints.streamId();
    this.runtime = runtime;
    this.signal = signal;
    this.lifecycle = lifecycle;
    this.observer = observer;
    this.schedule = new SaveSchedule(checkpoints.settings(), runtime, lane, this::save);
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
    schedule.now();
  }

  /**
   * Waits until everything that was acked in order is saved, as the start has to be before the
   * stream connects. For the pulling thread.
   *
   * @return false if the time was over first
   */
  boolean await(Waiting waiting, Deadline deadline) throws InterruptedException {
    while (!waiting.await(this::isSaved, deadline.remaining(ASK_AGAIN))) {
      // A save that could not be handed over, since no ack asks for it; any other has its time.
      schedule.moved();
      if (deadline.isOver()) {
        return false;
      }
    }
    return true;
  }

  /** Notes that the watermark may have moved. Any thread; throws nothing. */
  void moved() {
    if (lifecycle.isClosing()) {
      // Close may wait for a handler until its time is over, and then has none left for a save.
      schedule.now();
    } else {
      schedule.moved();
    }
  }

  /** Leaves no timer behind. For the closing thread, after the last flush. */
  void stop() {
    schedule.stop();
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
      schedule.now();
    }
  }

  /** Tries to save all that there is until it is saved, it cannot be, or the time is over. */
  void flush(Deadline deadline) {
    Uninterrupted.await(signal, this::saveNow, () -> isSaved() || claim.slot() == null, deadline);
  }

  SaveResult result() {
    if (window.watermark() == null) {
      return SaveResult.NONE;
    }
    return isSaved() ? SaveResult.SAVED : SaveResult.notSaved(whyNot());
  }

  private Throwable whyNot() {
    Throwable barred = claim.barredBy();
    Throwable last = barred == null ? outage.lastError() : barred;
    return last == null
        ? new TimeoutException(
            "Cannot save checkpoint \""
                + streamId
                + "\": the time of close() was over before the store had answered. Give close() more"
                + " time.")
        : last;
  }

  private void save() {
    CheckpointSlot slot = claim.slot();
    if (slot == null || !schedule.begin()) {
      return;
    }
    P newest = null;
    long begun;
    try {
      begun = runtime.nanoTime();
      newest = window.watermark();
      if (newest == null || newest.equals(saved)) {
        outage.end();
        return;
      }
      Checkpoint checkpoint = encode(newest);
      if (checkpoint == null) {
        return;
      }
      outage.begin();
      slot.save(checkpoint);
    } catch (Throwable e) {
      failed(newest, e);
      return;
    }
    succeeded(newest, begun);
  }

  /** Null if the source cannot encode the position, and so nothing can be saved any more. */
  private @Nullable Checkpoint encode(P position) {
    try {
      return AdapterFault.call(source, "encode", () -> source.encode(position));
    } catch (AdapterFault e) {
      claim.bar(Reason.CHECKPOINT, "Cannot save checkpoint \"" + streamId + "\" at " + position, e);
      return null;
    }
  }

  /** What counts comes first, because what tells of it may fail. */
  private void succeeded(P position, long begun) {
    saved = position;
    outage.end();
    schedule.succeeded();
    signal.raise();
    lastSave = runtime.now();
    observer.checkpointSaved(
        new CheckpointSaved(position, Duration.ofNanos(runtime.nanoTime() - begun)));
  }

  private void failed(@Nullable P position, Throwable cause) {
    outage.failed(cause);
    if (Claim.kindOf(cause) != Kind.UNAVAILABLE) {
      claim.bar(cause);
      outage.stop();
      return;
    }
    Optional<Duration> wait = schedule.failed();
    signal.raise();
    if (position != null) {
      observer.checkpointSaveFailed(new CheckpointSaveFailed(position, cause, wait));
    }
  }
}
