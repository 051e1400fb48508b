package dev.perennial;

import dev.perennial.StreamException.Reason;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.LogText;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A stream's claim on its checkpoint: tries for it, waits for it as a standby, loads what is saved,
 * and gives it up in the end. Everything but {@code lost} happens on the store's lane.
 */
final class Claim {

  /** How long until the next try, of a standby or of a load that failed. */
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private sealed interface State {}

  /** Before we have it. */
  private sealed interface Trying extends State {}

  /** Not tried yet, or in the first try. */
  private record Wanted() implements Trying {}

  /** Waiting, as a standby, for who has it. */
  private record Standby(Deadline until) implements Trying {}

  /** Ours, not loaded yet. */
  private record Held(CheckpointSlot slot, Trying before) implements State {}

  /** Ours, and loaded. */
  private record Ready(CheckpointSlot slot, Optional<Checkpoint> loaded) implements State {}

  /** Somebody else's meanwhile, or broken: nothing may be saved any more. */
  private record Barred(Optional<CheckpointSlot> slot) implements State {}

  /** Given up. */
  private record Released() implements State {}

  private final CheckpointStore store;
  private final String streamId;
  private final Checkpoints.Settings settings;
  private final StreamRuntime runtime;
  private final StoreLane lane;
  private final OutageClock outage;
  private final Lifecycle lifecycle;
  private final Observer observer;
  private final Runnable changed;
  private final ThreadLocal<Boolean> insideLost = ThreadLocal.withInitial(() -> false);
  private final AtomicReference<State> state = new AtomicReference<>(new Wanted());

  Claim(
      CheckpointStore store,
      String streamId,
      Checkpoints.Settings settings,
      StreamRuntime runtime,
      StoreLane lane,
      OutageClock outage,
      Lifecycle lifecycle,
      Observer observer,
      Runnable changed) {
    this.store = store;
    this.streamId = streamId;
    this.settings = settings;
    this.runtime = runtime;
    this.lane = lane;
    this.outage = outage;
    this.lifecycle = lifecycle;
    this.observer = observer;
    this.changed = changed;
  }

  /** Begins to try, for as long as the settings say, and tells when there is a change. */
  void begin() {
    lane.submit(this::advance);
  }

  boolean isReady() {
    return state.get() instanceof Ready;
  }

  /** Whether it is ours. */
  boolean isHeld() {
    State now = state.get();
    return now instanceof Held || now instanceof Ready;
  }

  /** What was saved. */
  Optional<Checkpoint> loaded() {
    return state.get() instanceof Ready ready ? ready.loaded : Optional.empty();
  }

  /** The slot to save to; null if the claim is lost or given up. */
  @Nullable CheckpointSlot slot() {
    return state.get() instanceof Ready ready ? ready.slot : null;
  }

  /** Whether the caller is inside the store's call that told of the loss. */
  boolean isInsideLost() {
    return insideLost.get();
  }

  private void advance() {
    State now = state.get();
    if (lifecycle.isOver()) {
      return;
    }
    try {
      if (now instanceof Trying trying) {
        claim(trying);
      } else if (now instanceof Held held) {
        load(held);
      }
    } catch (Throwable e) {
      failed(now, e);
    }
  }

  private void claim(Trying now) throws CheckpointException {
    if (now instanceof Wanted) {
      outage.begin();
    }
    Optional<CheckpointSlot> slot =
        AdapterFault.required(store.tryClaim(streamId, this::lost), store, "tryClaim");
    outage.end();
    if (slot.isEmpty()) {
      standBy(now);
    } else if (!lifecycle.isOver() && state.compareAndSet(now, new Held(slot.get(), now))) {
      advance();
    } else {
      close(slot.get());
    }
  }

  private void load(Held held) throws CheckpointException {
    outage.begin();
    Optional<Checkpoint> loaded =
        settings.startAfresh()
            ? Optional.empty()
            : AdapterFault.required(held.slot.load(), held.slot, "load");
    outage.end();
    if (state.compareAndSet(held, new Ready(held.slot, loaded))) {
      changed.run();
    }
  }

  private void standBy(Trying now) {
    if (now instanceof Standby standby) {
      tryAgain(standby.until);
      return;
    }
    Deadline until =
        settings
            .waitForClaim()
            .map(longest -> Deadline.in(longest, runtime))
            .orElseGet(() -> Deadline.never(runtime));
    Standby standby = new Standby(until);
    if (!state.compareAndSet(now, standby)) {
      return;
    }
    if (until.isOver()) {
      giveUp(standby);
      return;
    }
    observer.standby(streamId);
    tryAgain(until);
    // A timer, because the next try may hang.
    settings
        .waitForClaim()
        .ifPresent(longest ->
            runtime.schedule(longest, () -> OwnThread.run(() -> giveUp(standby), runtime)));
  }

  private void giveUp(Standby standby) {
    if (state.get().equals(standby)) {
      lifecycle.fail(
          Death.of(
              Reason.CHECKPOINT,
              "checkpoint '"
                  + streamId
                  + "' is claimed by another stream, which is alive; close that one, use another stream id, or"
                  + " wait longer with Checkpoints.waitForClaim()",
              null));
    }
  }

  private void tryAgain(Deadline until) {
    try {
      runtime.schedule(until.remaining(INTERVAL), () -> lane.submit(this::advance));
    } catch (Throwable e) {
      outage.stuck(e);
    }
  }

  private void failed(State during, Throwable cause) {
    boolean unavailable =
        !(cause instanceof AdapterFault)
            && (!(cause instanceof CheckpointException known) || known.kind() == Kind.UNAVAILABLE);
    if (unavailable && during instanceof Standby standby && !standby.until.isOver()) {
      outage.failed(cause);
      observer.checkpointUnavailable(streamId, cause);
      tryAgain(standby.until);
      return;
    }
    if (unavailable && during instanceof Held held && held.before instanceof Standby) {
      outage.failed(cause);
      observer.checkpointUnavailable(streamId, cause);
      tryAgain(Deadline.never(runtime));
      return;
    }
    outage.end();
    boolean claimLost =
        cause instanceof CheckpointException known && known.kind() == Kind.CLAIM_LOST;
    lifecycle.fail(
        Death.of(
            claimLost ? Reason.CLAIM_LOST : Reason.CHECKPOINT,
            "checkpoint '"
                + streamId
                + "' could not be "
                + (during instanceof Held ? "loaded" : "claimed")
                + ", so the stream did not start: "
                + why(during, cause),
            cause));
  }

  private String why(State during, Throwable cause) {
    if (cause instanceof CheckpointException) {
      return LogText.reason(cause);
    }
    AdapterFault fault =
        cause instanceof AdapterFault known
            ? known
            : during instanceof Held held
                ? AdapterFault.threw(held.slot, "load", cause)
                : AdapterFault.threw(store, "tryClaim", cause);
    return String.valueOf(fault.getMessage());
  }

  /** The store says, on whichever thread, why the claim is lost. */
  private void lost(CheckpointException why) {
    insideLost.set(true);
    try {
      bar(Reason.CLAIM_LOST, "was lost: " + why.getMessage(), why);
    } finally {
      insideLost.remove();
    }
  }

  /** Nothing may be saved from now on, and the stream is dead. */
  void bar(Reason reason, String what, @Nullable Throwable cause) {
    State before = state.getAndUpdate(now -> now instanceof Released ? now : barred(now));
    if (before instanceof Barred || before instanceof Released) {
      return;
    }
    lifecycle.fail(
        Death.of(
            reason,
            "the claim on checkpoint '"
                + streamId
                + "' "
                + what
                + "; the stream stopped and saves nothing more, so what was not saved comes again",
            cause));
    changed.run();
  }

  private static Barred barred(State before) {
    return new Barred(slotOf(before));
  }

  private static Optional<CheckpointSlot> slotOf(State state) {
    if (state instanceof Held held) {
      return Optional.of(held.slot);
    }
    if (state instanceof Ready ready) {
      return Optional.of(ready.slot);
    }
    return state instanceof Barred barred ? barred.slot : Optional.empty();
  }

  /** Gives the claim up, after what the lane was asked to do before. */
  void release(Runnable released) {
    lane.submitLast(() -> {
      releaseNow();
      released.run();
    });
  }

  private void releaseNow() {
    Optional<CheckpointSlot> slot = slotOf(state.getAndSet(new Released()));
    outage.end();
    slot.ifPresent(this::close);
  }

  private void close(CheckpointSlot slot) {
    try {
      slot.close();
    } catch (Throwable e) {
      observer.closeFailed("the claim on checkpoint '" + streamId + "'", e);
    }
  }
}
