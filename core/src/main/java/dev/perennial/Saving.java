package dev.perennial;

import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;

/**
 * What a stream that keeps a checkpoint has for that: the claim, the saves, and the lane that both
 * run on.
 */
record Saving<P extends Position>(
    String streamId, StoreLane lane, Claim claim, Checkpointer<P> checkpointer) {

  static <P extends Position> Saving<P> of(
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
    return new Saving<>(id, lane, claim, checkpointer);
  }

  /** Gives the claim up, after the saves that are under way. */
  void release(Runnable released) {
    checkpointer.stop();
    claim.release(released);
  }

  /** Whether the caller is in a call that the lane waits for, and so must not wait for the lane. */
  boolean isHeldUpByCaller() {
    return lane.isCurrentThread() || claim.isInsideLost();
  }
}
