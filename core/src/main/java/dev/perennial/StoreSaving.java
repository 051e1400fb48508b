package dev.perennial;

import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a stream that keeps a checkpoint has for that: the claim, the saves, and the lane that both
 * run on.
 */
record StoreSaving<P extends Position>(
    String streamId, StoreLane lane, OutageClock outage, Claim claim, Checkpointer<P> checkpointer)
    implements Saving {

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
    StoreLane lane = new StoreLane(runtime, observer, outage::stuck);
    Claim claim = new Claim(store, id, settings, runtime, lane, outage, lifecycle, observer, wake);
    Checkpointer<P> checkpointer =
        new Checkpointer<>(
            source, window, claim, lane, outage, settings, runtime, signal, lifecycle, observer);
    return new StoreSaving<>(id, lane, outage, claim, checkpointer);
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
  public CheckpointOutcome flush(Deadline deadline) {
    return isHeldUpByCaller() ? outcome() : checkpointer.flush(deadline);
  }

  @Override
  public CheckpointOutcome outcome() {
    return checkpointer.outcome();
  }

  @Override
  public boolean hasClaim() {
    return true;
  }

  @Override
  public void release(Runnable released) {
    checkpointer.stop();
    claim.release(released);
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
  public String kept() {
    return claim.isHeld() ? "its claim on checkpoint '" + streamId + "'" : "";
  }
}
