package dev.perennial;

import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a stream that keeps a checkpoint has for that: the claim, the saves, and the lane that both
 * run on.
 */
final class StoreSaving<P extends Position> implements Saving {

  private final String streamId;
  private final StoreLane lane;
  private final Claim claim;
  private final Checkpointer<P> checkpointer;
  private final OutageClock outage;
  private final StoreLane.Job release;

  /** Run once the claim is given up; null before that is asked for, and again afterwards. */
  private final AtomicReference<@Nullable Runnable> released = new AtomicReference<>();

  private final AtomicBoolean releasing = new AtomicBoolean();

  private StoreSaving(
      String streamId,
      StoreLane lane,
      Claim claim,
      Checkpointer<P> checkpointer,
      OutageClock outage) {
    this.streamId = streamId;
    this.lane = lane;
    this.claim = claim;
    this.checkpointer = checkpointer;
    this.outage = outage;
    // Added last, so it runs after the save that was asked for before.
    this.release = lane.job(this::releaseNow);
  }

  static <P extends Position> StoreSaving<P> of(
      ClientTrackedSource<?, P> source,
      AckWindow<?, P> window,
      CheckpointStore store,
      Checkpoints checkpoints,
      StreamRuntime runtime,
      Signal signal,
      Lifecycle lifecycle,
      Runnable wake,
      Observer observer) {
    String id = checkpoints.streamId();
    Checkpoints.Settings settings = checkpoints.settings();
    OutageClock outage = new OutageClock(settings.tolerateOutage(), id, runtime, lifecycle);
    StoreLane lane =
        new StoreLane(
            "perennial-store-" + observer.stream(),
            runtime,
            error -> {
              // The store has not failed: it was not asked.
              outage.failed(error);
              observer.storeCallFailed(id, error);
            });
    Claim claim = new Claim(store, id, settings, runtime, lane, outage, lifecycle, observer, wake);
    Checkpointer<P> checkpointer =
        new Checkpointer<>(
            source, window, claim, lane, outage, checkpoints, runtime, signal, lifecycle, observer);
    return new StoreSaving<>(id, lane, claim, checkpointer, outage);
  }

  String streamId() {
    return streamId;
  }

  Claim claim() {
    return claim;
  }

  Checkpointer<P> checkpointer() {
    return checkpointer;
  }

  @Override
  public void moved() {
    checkpointer.moved();
  }

  @Override
  public void saveNow() {
    checkpointer.saveNow();
  }

  @Override
  public void flush(Deadline deadline) {
    if (!isHeldUpByCaller()) {
      checkpointer.flush(deadline);
    }
  }

  @Override
  public SaveResult result() {
    return checkpointer.result();
  }

  @Override
  public boolean hasClaim() {
    return true;
  }

  @Override
  public void release(Runnable then) {
    if (releasing.compareAndSet(false, true)) {
      released.set(then);
    }
    checkpointer.stop();
    outage.stop();
    if (released.get() != null) {
      release.ask();
    }
  }

  private void releaseNow() {
    claim.release();
    Runnable then = released.getAndSet(null);
    if (then != null) {
      then.run();
    }
  }

  @Override
  public boolean isHeldUpByCaller() {
    return lane.isCurrentThread() || claim.isInsideLost();
  }

  @Override
  public Optional<Instant> lastSave() {
    return checkpointer.lastSave();
  }

  @Override
  public @Nullable Throwable lastError() {
    return outage.lastError();
  }

  @Override
  public Optional<String> awaited() {
    Optional<String> claimed = claim.awaited();
    return claimed.isPresent() || checkpointer.isSaved()
        ? claimed
        : Optional.of("checkpoint \"" + streamId + "\" to be saved");
  }
}
