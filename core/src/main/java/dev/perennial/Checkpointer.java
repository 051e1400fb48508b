package dev.perennial;

import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.StreamException.Reason;
import dev.perennial.StreamListener.CheckpointSaveFailed;
import dev.perennial.StreamListener.CheckpointSaved;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Saves a window's newest watermark when the schedule says so, off the application's threads: one
 * save after the other, each of what is newest then.
 */
final class Checkpointer<P extends Position> {

  private final ClientTrackedSource<?, P> source;
  private final AckWindow<?, P> window;
  private final Claim claim;
  private final OutageClock outage;
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
      Checkpoints.Settings settings,
      StreamRuntime runtime,
      Signal signal,
      Lifecycle lifecycle,
      Observer observer) {
    this.source = source;
    this.window = window;
    this.claim = claim;
    this.outage = outage;
    this.runtime = runtime;
    this.signal = signal;
    this.lifecycle = lifecycle;
    this.observer = observer;
    this.schedule = new SaveSchedule(settings, runtime, lane, this::save);
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

  /** Notes that the watermark may have moved. Any thread. */
  void moved() {
    schedule.moved();
  }

  /** Leaves no timer behind. For who closes the stream, after the last flush. */
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

  private void save() {
    if (!schedule.begin()) {
      return;
    }
    CheckpointSlot slot = claim.slot();
    P newest = window.watermark();
    if (slot == null || newest == null || newest.equals(saved)) {
      return;
    }
    Checkpoint checkpoint;
    try {
      checkpoint = AdapterFault.call(source, "encode", () -> source.encode(newest));
    } catch (AdapterFault e) {
      claim.bar(
          Reason.CHECKPOINT,
          "cannot be used, because " + e.getMessage() + " for position " + newest,
          e.shown());
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
    schedule.succeeded();
    saved = newest;
    lastSave = runtime.now();
    signal.raise();
    observer.checkpointSaved(
        new CheckpointSaved(newest, Duration.ofNanos(runtime.nanoTime() - begun)));
    if (lifecycle.isClosing() && !isSaved()) {
      schedule.now();
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
    Duration wait;
    try {
      wait = schedule.failed();
    } catch (Throwable e) {
      outage.stuck(e);
      return;
    }
    signal.raise();
    observer.checkpointSaveFailed(new CheckpointSaveFailed(position, cause, wait));
  }
}
