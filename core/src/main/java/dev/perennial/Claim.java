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
 * and gives it up in the end. The store is called on its lane; the pulling thread, which waits for
 * the claim, asks for each try, so that no timer is needed.
 */
final class Claim {

  /** Between the tries of a standby, or of a load that failed. */
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private sealed interface State {}

  /** Before we have it. */
  private sealed interface Trying extends State {}

  /** Not tried yet, or in the first try. */
  private record Wanted() implements Trying {}

  /** Waiting, as a standby, for the stream that has it. */
  private record Standby(Deadline until) implements Trying {}

  /** Ours, not loaded yet. */
  private record Held(CheckpointSlot slot, Trying before) implements State {}

  /** Ours, and loaded. */
  private record Ready(CheckpointSlot slot, Optional<Checkpoint> loaded) implements State {}

  /** Somebody else's meanwhile, or broken: nothing may be saved any more. */
  private record Barred(Optional<CheckpointSlot> slot, Throwable cause) implements State {}

  /** Given up; {@code cause} is why nothing could be saved before, if nothing could. */
  private record Released(@Nullable Throwable cause) implements State {}

  private final CheckpointStore store;
  private final String streamId;
  private final Checkpoints.Settings settings;
  private final StreamRuntime runtime;
  private final StoreLane lane;
  private final StoreLane.Job advance;
  private final OutageClock outage;
  private final Lifecycle lifecycle;
  private final Observer observer;
  private final Runnable changed;
  private final ThreadLocal<Boolean> insideLost = ThreadLocal.withInitial(() -> false);
  private final AtomicReference<State> state = new AtomicReference<>(new Wanted());

  /** When the next try is due. */
  private volatile Deadline nextTry;

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
    this.advance = lane.job(this::advance);
    this.outage = outage;
    this.lifecycle = lifecycle;
    this.observer = observer;
    this.changed = changed;
    this.nextTry = Deadline.in(Duration.ZERO, runtime);
  }

  /** Asks for the first try. */
  void begin() {
    advance.ask();
  }

  /**
   * Waits until the claim is ours and loaded, and asks for a try whenever one is due. For the
   * pulling thread.
   *
   * @return false if the time was over first
   */
  boolean await(Waiting waiting, Deadline deadline) throws InterruptedException {
    while (!isReady()) {
      State seen = state.get();
      if (seen instanceof Standby standby && standby.until.isOver()) {
        giveUp(standby);
      }
      Deadline due = nextTry;
      if (due.isOver()) {
        advance.ask();
      }
      Duration pause = due.isOver() ? INTERVAL : due.remaining();
      if (seen instanceof Standby standby) {
        pause = standby.until.remaining(pause);
      }
      waiting.await(() -> !state.get().equals(seen), deadline.remaining(pause));
      if (deadline.isOver()) {
        return isReady();
      }
    }
    return true;
  }

  boolean isReady() {
    return state.get() instanceof Ready;
  }

  /** What was saved. */
  Optional<Checkpoint> loaded() {
    return state.get() instanceof Ready ready ? ready.loaded : Optional.empty();
  }

  /** The slot to save to; null if the claim is lost or given up. */
  @Nullable CheckpointSlot slot() {
    return state.get() instanceof Ready ready ? ready.slot : null;
  }

  /** Why nothing can be saved any more, if an error is the reason. */
  @Nullable Throwable barredBy() {
    State now = state.get();
    if (now instanceof Barred barred) {
      return barred.cause;
    }
    return now instanceof Released released ? released.cause : null;
  }

  /** What the stream waits for before it has the checkpoint; empty once it has. */
  Optional<String> awaited() {
    State now = state.get();
    if (now instanceof Trying) {
      return Optional.of("the claim on checkpoint \"" + streamId + "\"");
    }
    return now instanceof Held
        ? Optional.of("checkpoint \"" + streamId + "\" to be loaded")
        : Optional.empty();
  }

  /** Whether the caller is inside the store's call that told of the loss. */
  boolean isInsideLost() {
    return insideLost.get();
  }

  private void advance() {
    State now = state.get();
    if (lifecycle.isOver() || !nextTry.isOver()) {
      return;
    }
    try {
      if (now instanceof Trying trying) {
        claim(trying);
      } else if (now instanceof Held held) {
        load(held);
      }
    } catch (Throwable e) {
      failed(state.get(), e);
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
    } else {
      hold(now, slot.get());
    }
  }

  private void hold(Trying now, CheckpointSlot slot) throws CheckpointException {
    Held held;
    try {
      held = new Held(slot, now);
    } catch (Throwable e) {
      close(slot);
      throw e;
    }
    if (!lifecycle.isOver() && state.compareAndSet(now, held)) {
      load(held);
    } else {
      close(slot);
    }
  }

  private void load(Held held) throws CheckpointException {
    outage.begin();
    Optional<Checkpoint> loaded =
        settings.startAfresh()
            ? Optional.empty()
            : AdapterFault.required(held.slot.load(), held.slot, "load");
    Ready ready = new Ready(held.slot, loaded);
    outage.end();
    if (state.compareAndSet(held, ready)) {
      changed.run();
    }
  }

  private void standBy(Trying now) {
    nextTry = Deadline.in(INTERVAL, runtime);
    if (now instanceof Standby) {
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
    changed.run();
    observer.standby(streamId);
  }

  private void giveUp(Standby standby) {
    if (state.get().equals(standby)) {
      fail(
          Death.of(
              Reason.CHECKPOINT,
              "Cannot claim checkpoint \""
                  + streamId
                  + "\": it is claimed by another stream, which is alive. Close that one, use another stream id, or"
                  + " wait longer with Checkpoints.waitForClaim().",
              null));
    }
  }

  private void failed(State during, Throwable cause) {
    Kind kind = kindOf(cause);
    outage.failed(cause);
    boolean standby = during instanceof Standby waiting && !waiting.until.isOver();
    boolean wasStandby = during instanceof Held held && held.before instanceof Standby;
    if (kind == Kind.UNAVAILABLE && (standby || wasStandby)) {
      nextTry = Deadline.in(INTERVAL, runtime);
      observer.checkpointUnavailable(streamId, cause);
      return;
    }
    Death death =
        Death.of(
            kind == Kind.CLAIM_LOST ? Reason.CLAIM_LOST : Reason.CHECKPOINT,
            "Cannot "
                + (during instanceof Held ? "load" : "claim")
                + " checkpoint \""
                + streamId
                + "\", so the stream did not start: "
                + clause(attributed(during, cause))
                + (kind == Kind.CLOSED ? ". Close a stream before its store." : "."),
            AdapterFault.shown(cause));
    fail(death);
    outage.stop();
  }

  /** The error, to be followed by a full stop. */
  private static String clause(Throwable cause) {
    String reason =
        cause instanceof AdapterFault fault ? fault.getMessage() : LogText.reason(cause);
    return reason.endsWith(".") ? reason.substring(0, reason.length() - 1) : reason;
  }

  /** What an error of the store means; whatever it does not say itself may be over soon. */
  static Kind kindOf(Throwable cause) {
    if (cause instanceof AdapterFault) {
      return Kind.CORRUPT;
    }
    return cause instanceof CheckpointException known ? known.kind() : Kind.UNAVAILABLE;
  }

  /** Names the store's method if it threw what it must not. */
  private Throwable attributed(State during, Throwable cause) {
    if (cause instanceof CheckpointException || cause instanceof AdapterFault) {
      return cause;
    }
    return during instanceof Held held
        ? AdapterFault.threw(held.slot, "load", cause)
        : AdapterFault.threw(store, "tryClaim", cause);
  }

  /** The store says, on whichever thread, why the claim is lost. */
  private void lost(CheckpointException why) {
    insideLost.set(true);
    try {
      bar(Reason.CLAIM_LOST, "The claim on checkpoint \"" + streamId + "\" was lost", why);
    } finally {
      insideLost.remove();
    }
  }

  /** A save found out that none can follow. */
  void bar(Throwable cause) {
    bar(
        kindOf(cause) == Kind.CLAIM_LOST ? Reason.CLAIM_LOST : Reason.CHECKPOINT,
        "Cannot save checkpoint \"" + streamId + "\"",
        cause);
  }

  /** Nothing may be saved from now on, and the stream is dead. */
  void bar(Reason reason, String what, Throwable cause) {
    Throwable shown = AdapterFault.shown(cause);
    Death death =
        Death.of(
            reason,
            what
                + ": "
                + clause(cause)
                + (kindOf(cause) == Kind.CLOSED
                    ? ". Close a stream before its store; what was not saved comes again."
                    : ". What was not saved comes again with the next run."),
            shown);
    // Made before the state changes: nothing may fail between that and the death.
    Runnable die = () -> lifecycle.fail(death);
    State before = state.getAndUpdate(now -> now instanceof Released ? now : barred(now, shown));
    if (before instanceof Barred || before instanceof Released) {
      return;
    }
    run(die);
    changed.run();
  }

  /** On the lane, a listener that is slow to hear of it would hold up the release. */
  private void run(Runnable die) {
    if (lane.isCurrentThread()) {
      OwnThread.run(die, runtime);
    } else {
      die.run();
    }
  }

  private void fail(Death death) {
    run(() -> lifecycle.fail(death));
  }

  private static State barred(State before, Throwable cause) {
    return before instanceof Barred ? before : new Barred(slotOf(before), cause);
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

  /** Gives the claim up. On the lane, after the last save. */
  void release() {
    State before = state.getAndSet(new Released(barredBy()));
    outage.stop();
    slotOf(before).ifPresent(this::close);
    changed.run();
  }

  private void close(CheckpointSlot slot) {
    try {
      slot.close();
    } catch (Throwable e) {
      observer.closeFailed("the claim on checkpoint \"" + streamId + "\"", e);
    }
  }
}
