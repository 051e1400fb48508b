package dev.perennial.internal.checkpoint;

import dev.perennial.StreamFailedException.Reason;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.BackgroundThread;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamFailure;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Acquires the claim on a stream's checkpoint, waits for it as a standby, loads the checkpoint, and
 * releases the claim in the end. Calls of the store run on its executor. The pulling thread, which
 * waits for the claim, requests each attempt, so no timer is needed.
 */
public final class ClaimKeeper {

  /** The time between attempts of a standby, or to load. */
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private sealed interface State {}

  /** Not acquired yet. */
  private sealed interface Trying extends State {}

  /** No attempt has ended yet. */
  private record NotTried() implements Trying {}

  /** Waiting as a standby for the stream that holds the claim. */
  private record Standby(Deadline until) implements Trying {}

  /** Acquired, not loaded yet. */
  private record Held(CheckpointClaim granted, Trying before) implements State {}

  /** Acquired and loaded. */
  private record Ready(CheckpointClaim granted, Optional<Checkpoint> loaded) implements State {}

  /** Lost to another stream, or broken: nothing may be saved any more. */
  private record Barred(Optional<CheckpointClaim> granted, Throwable cause) implements State {}

  /** Released; {@code cause} is why nothing could be saved before, if there was a reason. */
  private record Released(@Nullable Throwable cause) implements State {}

  private final CheckpointOptions options;
  private final SerialExecutor executor;
  private final SerialExecutor.Job advance;
  private final StoreOutageTimer outage;
  private final StreamContext context;
  private final ThreadLocal<Boolean> insideLost = ThreadLocal.withInitial(() -> false);
  private final AtomicReference<State> state = new AtomicReference<>(new NotTried());

  /** When the next attempt is due. */
  private volatile Deadline nextTry;

  public ClaimKeeper(
      CheckpointOptions options,
      SerialExecutor executor,
      StoreOutageTimer outage,
      StreamContext context) {
    this.options = options;
    this.executor = executor;
    this.advance = executor.job(this::advance);
    this.outage = outage;
    this.context = context;
    this.nextTry = Deadline.in(Duration.ZERO, context.runtime());
  }

  /** Requests the first attempt. */
  public void begin() {
    advance.ask();
  }

  /**
   * Waits until the claim is acquired and the checkpoint loaded, and requests an attempt whenever
   * one is due. Called by the pulling thread.
   *
   * @return false if the time was over first
   */
  public boolean await(Deadline deadline) throws InterruptedException {
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
      context.await(() -> !state.get().equals(seen), deadline.remaining(pause));
      if (deadline.isOver()) {
        return isReady();
      }
    }
    return true;
  }

  public boolean isReady() {
    return state.get() instanceof Ready;
  }

  /** Returns the checkpoint that was loaded, if there was one. */
  public Optional<Checkpoint> loaded() {
    return state.get() instanceof Ready ready ? ready.loaded : Optional.empty();
  }

  /** Returns the store's claim, to save to; null if it is not held. */
  public @Nullable CheckpointClaim granted() {
    return state.get() instanceof Ready ready ? ready.granted : null;
  }

  /** Returns the error because of which nothing can be saved any more; null if there is none. */
  public @Nullable Throwable barredBy() {
    State now = state.get();
    if (now instanceof Barred barred) {
      return barred.cause;
    }
    return now instanceof Released released ? released.cause : null;
  }

  /** Returns what the stream waits for before it has the checkpoint; empty once it has. */
  public Optional<String> awaited() {
    State now = state.get();
    if (now instanceof Trying) {
      return Optional.of("the claim on checkpoint \"" + options.streamId() + "\"");
    }
    return now instanceof Held
        ? Optional.of("checkpoint \"" + options.streamId() + "\" to be loaded")
        : Optional.empty();
  }

  /** Returns whether the caller is inside the store's call that reports the loss. */
  public boolean isInsideLost() {
    return insideLost.get();
  }

  private void advance() {
    State now = state.get();
    if (context.lifecycle().isOver() || !nextTry.isOver()) {
      return;
    }
    try {
      if (now instanceof Trying trying) {
        claim(trying);
      } else if (now instanceof Held held) {
        load(held);
      }
    } catch (Throwable e) {
      attemptFailed(state.get(), e);
    }
  }

  private void claim(Trying now) throws CheckpointException {
    if (now instanceof NotTried) {
      outage.begin();
    }
    Optional<CheckpointClaim> granted =
        AdapterFault.required(
            options.store().tryClaim(options.streamId(), this::lost), options.store(), "tryClaim");
    outage.end();
    if (granted.isEmpty()) {
      standBy(now);
    } else {
      hold(now, granted.get());
    }
  }

  private void hold(Trying now, CheckpointClaim granted) throws CheckpointException {
    Held held;
    try {
      held = new Held(granted, now);
    } catch (Throwable e) {
      close(granted);
      throw e;
    }
    if (!context.lifecycle().isOver() && state.compareAndSet(now, held)) {
      load(held);
    } else {
      close(granted);
    }
  }

  private void load(Held held) throws CheckpointException {
    outage.begin();
    Optional<Checkpoint> loaded =
        options.startAfresh()
            ? Optional.empty()
            : AdapterFault.required(held.granted.load(), held.granted, "load");
    Ready ready = new Ready(held.granted, loaded);
    outage.end();
    if (state.compareAndSet(held, ready)) {
      context.signal().wake();
    }
  }

  private void standBy(Trying now) {
    nextTry = Deadline.in(INTERVAL, context.runtime());
    if (now instanceof Standby) {
      return;
    }
    Deadline until =
        options
            .waitForClaim()
            .map(longest -> Deadline.in(longest, context.runtime()))
            .orElseGet(() -> Deadline.never(context.runtime()));
    Standby standby = new Standby(until);
    if (!state.compareAndSet(now, standby)) {
      return;
    }
    if (until.isOver()) {
      giveUp(standby);
      return;
    }
    context.signal().wake();
    context.observer().standby(options.streamId());
  }

  private void giveUp(Standby standby) {
    if (state.get().equals(standby)) {
      fail(
          StreamFailure.of(
              Reason.CHECKPOINT,
              "Cannot claim checkpoint \""
                  + options.streamId()
                  + "\": it is claimed by another stream. Close that stream, use another stream id, or wait longer"
                  + " with Checkpoints.waitForClaim().",
              null));
    }
  }

  private void attemptFailed(State during, Throwable cause) {
    CheckpointException.Reason reason = reasonOf(cause);
    outage.noteError(cause);
    boolean standby = during instanceof Standby waiting && !waiting.until.isOver();
    boolean wasStandby = during instanceof Held held && held.before instanceof Standby;
    if (reason == CheckpointException.Reason.UNAVAILABLE && (standby || wasStandby)) {
      nextTry = Deadline.in(INTERVAL, context.runtime());
      context.observer().checkpointUnavailable(options.streamId(), cause);
      return;
    }
    StreamFailure failure =
        StreamFailure.of(
            reason == CheckpointException.Reason.CLAIM_LOST ? Reason.CLAIM_LOST : Reason.CHECKPOINT,
            "Cannot "
                + (during instanceof Held ? "load" : "claim")
                + " checkpoint \""
                + options.streamId()
                + "\", so the stream did not start: "
                + AdapterFault.clause(attributed(during, cause))
                + (reason == CheckpointException.Reason.CLOSED
                    ? ". Close a stream before its store."
                    : "."),
            AdapterFault.shown(cause));
    fail(failure);
    outage.stop();
  }

  /** Returns the reason of an error of the store; an error without a reason may be temporary. */
  public static CheckpointException.Reason reasonOf(Throwable cause) {
    if (cause instanceof AdapterFault) {
      return CheckpointException.Reason.CORRUPT;
    }
    return cause instanceof CheckpointException known
        ? known.reason()
        : CheckpointException.Reason.UNAVAILABLE;
  }

  /** Names the store's method if it threw an error that it must not throw. */
  private Throwable attributed(State during, Throwable cause) {
    if (cause instanceof CheckpointException || cause instanceof AdapterFault) {
      return cause;
    }
    return during instanceof Held held
        ? AdapterFault.threw(held.granted, "load", cause)
        : AdapterFault.threw(options.store(), "tryClaim", cause);
  }

  /** Called by the store, on any thread, when the claim is lost. */
  private void lost(CheckpointException why) {
    insideLost.set(true);
    try {
      bar(
          Reason.CLAIM_LOST,
          "The claim on checkpoint \"" + options.streamId() + "\" was lost",
          why);
    } finally {
      insideLost.remove();
    }
  }

  /** Bars further saves after an error that no retry can help. */
  public void bar(Throwable cause) {
    bar(
        reasonOf(cause) == CheckpointException.Reason.CLAIM_LOST
            ? Reason.CLAIM_LOST
            : Reason.CHECKPOINT,
        "Cannot save checkpoint \"" + options.streamId() + "\"",
        cause);
  }

  /** Bars further saves, and fails the stream. */
  public void bar(Reason reason, String what, Throwable cause) {
    Throwable shown = AdapterFault.shown(cause);
    StreamFailure failure =
        StreamFailure.of(
            reason,
            what
                + ": "
                + AdapterFault.clause(cause)
                + (reasonOf(cause) == CheckpointException.Reason.CLOSED
                    ? ". Close a stream before its store; what was not saved comes again."
                    : ". What was not saved comes again with the next run."),
            shown);
    // Made before the state changes, so that nothing can fail between that and the failure.
    Runnable fail = () -> context.lifecycle().fail(failure);
    State before = state.getAndUpdate(now -> now instanceof Released ? now : barred(now, shown));
    if (before instanceof Barred || before instanceof Released) {
      return;
    }
    run(fail);
    context.signal().wake();
  }

  /**
   * Runs a notification on another thread if the caller is the executor, because a slow listener
   * would delay the release.
   */
  private void run(Runnable notification) {
    if (executor.isCurrentThread()) {
      BackgroundThread.run(notification, context.runtime());
    } else {
      notification.run();
    }
  }

  private void fail(StreamFailure failure) {
    // Until another thread has failed the stream, a further attempt could succeed.
    nextTry = Deadline.never(context.runtime());
    run(() -> context.lifecycle().fail(failure));
  }

  private static State barred(State before, Throwable cause) {
    return before instanceof Barred ? before : new Barred(grantedOf(before), cause);
  }

  private static Optional<CheckpointClaim> grantedOf(State state) {
    if (state instanceof Held held) {
      return Optional.of(held.granted);
    }
    if (state instanceof Ready ready) {
      return Optional.of(ready.granted);
    }
    return state instanceof Barred barred ? barred.granted : Optional.empty();
  }

  /** Releases the claim. Called on the executor, after the last save. */
  public void release() {
    State before = state.getAndSet(new Released(barredBy()));
    outage.stop();
    grantedOf(before).ifPresent(this::close);
    context.signal().wake();
  }

  private void close(CheckpointClaim granted) {
    try {
      granted.close();
    } catch (Throwable e) {
      context.observer().closeFailed("the claim on checkpoint \"" + options.streamId() + "\"", e);
    }
  }
}
