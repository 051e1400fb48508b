package dev.perennial.internal.checkpoint;

import dev.perennial.StreamFailedException.Reason;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.OneShotTimer;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.UninterruptibleWait;
import dev.perennial.internal.window.AckWindow;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Saves the newest watermark of a window: after a number of acks, at an interval, on request, and
 * again some time after a failed save. Saves run one at a time on the store's executor, each with
 * the newest watermark. If there was no thread for a save, the next ack or close requests it again.
 * Safe for use from any thread.
 */
public final class Checkpointer<P extends Position> implements Checkpointing {

  /** The time between attempts to save. */
  private static final BackoffPolicy RETRIES =
      BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5));

  /** How long the pulling thread waits for a save before it requests one again. */
  private static final Duration ASK_AGAIN = Duration.ofMillis(500);

  private final ClientTrackedSource<?, P> source;
  private final AckWindow<?, P> window;
  private final CheckpointOptions options;
  private final StreamContext context;
  private final StoreOutageTimer outage;
  private final SerialExecutor executor;
  private final ClaimKeeper claim;
  private final SerialExecutor.Job save;
  private final SerialExecutor.Job release;

  private final AtomicLong progress = new AtomicLong();

  /** How many acks and progress there were when the newest save that did not fail began. */
  private volatile long countedAtSave;

  private final OneShotTimer interval;

  /**
   * Set between a failed save and its next attempt; meanwhile acks and the interval request none.
   */
  private final OneShotTimer retry;

  /** Run once when the claim is released; null until a release is requested. */
  private final AtomicReference<@Nullable Runnable> afterRelease = new AtomicReference<>();

  private volatile boolean isReleased;

  /** How many saves in a row have failed. Used only on the executor. */
  private int failures;

  private volatile @Nullable P saved;
  private volatile @Nullable Instant lastSave;

  public Checkpointer(
      ClientTrackedSource<?, P> source,
      AckWindow<?, P> window,
      CheckpointOptions options,
      StreamContext context) {
    this.source = source;
    this.window = window;
    this.options = options;
    this.context = context;
    StoreOutageTimer timer = new StoreOutageTimer(options, context);
    this.outage = timer;
    this.executor =
        new SerialExecutor(
            "perennial-store-" + context.options().name(),
            context.runtime(),
            error -> {
              // The store has not failed: it was not called.
              timer.noteError(error);
              context.observer().storeCallFailed(options.streamId(), error);
            });
    this.claim = new ClaimKeeper(options, executor, outage, context);
    this.save = executor.job(this::save);
    // Added last, so that it runs after a save that was requested before.
    this.release = executor.job(this::releaseNow);
    this.interval = new OneShotTimer(context.runtime());
    this.retry = new OneShotTimer(context.runtime());
  }

  public String streamId() {
    return options.streamId();
  }

  public ClaimKeeper claim() {
    return claim;
  }

  /**
   * Notes the position that the stream resumes from, which is saved already. Called by the pulling
   * thread before anything is received.
   */
  public void restored(P position) {
    window.progress(position);
    saved = position;
  }

  /**
   * Notes the position that the stream starts at, and requests its save. Called by the pulling
   * thread before anything is received.
   */
  public void begin(P position) {
    window.progress(position);
    requestNow();
  }

  /**
   * Waits until the newest watermark is saved; the start must be saved before the stream connects.
   * Called by the pulling thread.
   *
   * @return false if the time was over first
   */
  public boolean await(Deadline deadline) throws InterruptedException {
    while (!context.await(this::isSaved, deadline.remaining(ASK_AGAIN))) {
      if (!retry.isSet()) {
        save.ask();
      }
      if (deadline.isOver()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void progressed() {
    progress.incrementAndGet();
    acked();
  }

  @Override
  public void acked() {
    if (context.lifecycle().isClosing()) {
      // close() may use its time to wait for a handler, and then has none left for a save.
      requestNow();
      return;
    }
    if (unsaved() >= options.acks() || save.isWanted()) {
      requestUnlessRetrying();
    } else if (!interval.isSet()) {
      requestInTime();
    }
  }

  /** Returns how many acks and progress there were since the newest save that did not fail. */
  private long unsaved() {
    return counted() - countedAtSave;
  }

  private long counted() {
    return window.acked() + progress.get();
  }

  private void requestInTime() {
    try {
      interval.set(options.interval(), this::intervalIsOver);
    } catch (Throwable e) {
      // Without a timer it saves now, because otherwise it might never save.
      requestUnlessRetrying();
    }
  }

  private void intervalIsOver() {
    if (unsaved() > 0) {
      requestUnlessRetrying();
    }
  }

  private void requestUnlessRetrying() {
    if (!retry.isSet()) {
      save.ask();
    }
  }

  private void requestNow() {
    retry.cancel();
    save.ask();
  }

  @Override
  public void saveNow() {
    if (!isSaved() && claim.granted() != null) {
      requestNow();
    }
  }

  @Override
  public void flush(Deadline deadline) {
    if (!isHeldUpByCaller()) {
      UninterruptibleWait.await(
          context.signal(), this::saveNow, () -> isSaved() || claim.granted() == null, deadline);
    }
  }

  private boolean isSaved() {
    P newest = window.watermark();
    return newest == null || newest.equals(saved);
  }

  @Override
  public SaveResult result() {
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
                + options.streamId()
                + "\": the time of close() was over before the store had answered. Give close() more"
                + " time.")
        : last;
  }

  @Override
  public boolean keepsClaim() {
    return true;
  }

  @Override
  public void release(Runnable then) {
    afterRelease.compareAndSet(null, then);
    interval.stop();
    retry.stop();
    outage.stop();
    if (!isReleased) {
      release.ask();
    }
  }

  private void releaseNow() {
    Runnable then = afterRelease.get();
    if (then == null || isReleased) {
      return;
    }
    claim.release();
    isReleased = true;
    then.run();
  }

  @Override
  public boolean isHeldUpByCaller() {
    return executor.isCurrentThread() || claim.isInsideLost();
  }

  @Override
  public Optional<Instant> lastSave() {
    return Optional.ofNullable(lastSave);
  }

  /**
   * Returns the last error of the store in claiming, loading or saving; null if that has succeeded
   * since, or never failed.
   */
  public @Nullable Throwable lastError() {
    return outage.lastError();
  }

  /**
   * Returns what a stream that is not live waits for, as a phrase after "waits for", such as {@code
   * checkpoint "orders" to be saved}; empty if it does not wait for its checkpoint.
   */
  public Optional<String> awaited() {
    Optional<String> claimed = claim.awaited();
    return claimed.isPresent() || isSaved()
        ? claimed
        : Optional.of("checkpoint \"" + options.streamId() + "\" to be saved");
  }

  private void save() {
    CheckpointClaim granted = claim.granted();
    // The save was requested before another one failed: the retry timer decides when.
    if (granted == null || retry.isSet()) {
      return;
    }
    // Before the watermark is read, so that a later ack counts for the next save.
    long countedBefore = countedAtSave;
    countedAtSave = counted();
    P newest = null;
    long begun;
    try {
      begun = context.runtime().nanoTime();
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
      granted.save(checkpoint);
    } catch (Throwable e) {
      saveFailed(newest, countedBefore, e);
      return;
    }
    succeeded(newest, begun);
  }

  /**
   * Returns null if the source cannot encode the position, so that nothing can be saved any more.
   */
  private @Nullable Checkpoint encode(P position) {
    try {
      return AdapterFault.call(source, "encode", () -> source.encode(position));
    } catch (AdapterFault e) {
      claim.bar(
          Reason.CHECKPOINT,
          "Cannot save checkpoint \"" + options.streamId() + "\" at " + position,
          e);
      return null;
    }
  }

  /** Notes a successful save. What counts comes first, because the notifications may fail. */
  private void succeeded(P position, long begun) {
    saved = position;
    outage.end();
    failures = 0;
    context.signal().raise();
    lastSave = context.runtime().now();
    Duration took = Duration.ofNanos(context.runtime().nanoTime() - begun);
    context.observer().checkpointSaved(position, took);
  }

  private void saveFailed(@Nullable P position, long countedBefore, Throwable cause) {
    outage.noteError(cause);
    if (ClaimKeeper.reasonOf(cause) != CheckpointException.Reason.UNAVAILABLE) {
      claim.bar(cause);
      outage.stop();
      return;
    }
    countedAtSave = countedBefore;
    failures++;
    Duration wait = RETRIES.delay(failures, context.runtime().random());
    // Without a timer, the next ack requests the next attempt. After a release there is none.
    boolean retried = retry.set(wait, save::ask);
    context.signal().raise();
    if (position != null) {
      context
          .observer()
          .checkpointSaveFailed(position, cause, retried ? Optional.of(wait) : Optional.empty());
    }
  }
}
