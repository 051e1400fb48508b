package dev.perennial.internal.connection;

import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.internal.checkpoint.Checkpointer;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamFailure;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.support.LogText;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The tracking of a client-tracked source: each connection resumes after the last position
 * received, or at the checkpoint, or at the start.
 */
public final class ClientTracking<E, P extends Position> implements SourceTracking<E, P> {

  /** At the loss with this number, with no proved connection since the first, the stream fails. */
  private static final int MAX_LOSSES = 3;

  /** The step before the next connection. */
  private sealed interface Next<P> {}

  /** Ask the source where to start. */
  private record Begin<P>() implements Next<P> {}

  /** Wait until the start is saved. */
  private record SaveStart<P>() implements Next<P> {}

  /** Ask the source how to resume without the position. */
  private record Recover<P>(P lost, Throwable cause) implements Next<P> {}

  /** No step: connect. */
  private record Connect<P>() implements Next<P> {}

  private final ClientTrackedSource<E, P> source;
  private final Optional<Checkpointer<P>> checkpointer;
  private final SourceCalls calls;
  private final StreamContext context;
  private final Lifecycle lifecycle;

  private Next<P> next = new Begin<>();
  private @Nullable P last;
  private final Queue<Received<E, P>> notices = new ArrayDeque<>();
  private int losses;

  /**
   * Makes a tracking that begins at the checkpoint or the start.
   *
   * @param checkpointer empty if the stream keeps no checkpoint
   */
  public ClientTracking(
      ClientTrackedSource<E, P> source,
      Optional<Checkpointer<P>> checkpointer,
      SourceCalls calls,
      StreamContext context) {
    this.source = source;
    this.checkpointer = checkpointer;
    this.calls = calls;
    this.context = context;
    this.lifecycle = context.lifecycle();
  }

  @Override
  public StreamState firstState() {
    checkpointer.ifPresent(kept -> kept.claim().begin());
    return checkpointer.isPresent() ? StreamState.CLAIMING : StreamState.CONNECTING;
  }

  @Override
  public boolean claim(Deadline deadline) throws InterruptedException {
    if (checkpointer.isEmpty()) {
      return true;
    }
    Checkpointer<P> kept = checkpointer.get();
    if (!kept.claim().await(deadline)) {
      return false;
    }
    Optional<Checkpoint> loaded = kept.claim().loaded();
    if (loaded.isPresent()) {
      P position = decode(kept.streamId(), loaded.get());
      configuredStart().ifPresent(start -> context.observer().startOverridden(position, start));
      kept.restored(position);
      last = position;
      next = new Connect<>();
    }
    return true;
  }

  private P decode(String streamId, Checkpoint saved) {
    try {
      if (!saved.source().equals(context.options().source())) {
        throw CheckpointException.mismatch(
            "it was saved by a source named '"
                + saved.source()
                + "', not '"
                + context.options().source()
                + "'",
            null);
      }
      return AdapterFault.required(source.decode(saved), source, "decode");
    } catch (CheckpointException e) {
      throw unusable(streamId, LogText.reason(e), e);
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      AdapterFault fault =
          e instanceof AdapterFault known ? known : AdapterFault.threw(source, "decode", e);
      throw unusable(streamId, AdapterFault.clause(fault), fault.shown());
    }
  }

  private RuntimeException unusable(String streamId, String why, Throwable cause) {
    return fail(
        StreamFailure.of(
            Reason.CHECKPOINT,
            "Cannot use checkpoint \""
                + streamId
                + "\" with the "
                + context.options().source()
                + " source: "
                + why
                + ". Use another stream id, or start without the checkpoint with Checkpoints.startAfresh().",
            cause));
  }

  private Optional<String> configuredStart() {
    try {
      return AdapterFault.call(source, "configuredStart", source::configuredStart);
    } catch (AdapterFault e) {
      throw fail(
          StreamFailure.of(Reason.FATAL, e.getMessage() + " The stream did not start.", e.shown()));
    }
  }

  @Override
  public boolean prepare(Deadline deadline) throws Exception {
    if (next instanceof Connect) {
      return true;
    }
    if (next instanceof Begin) {
      Optional<P> start = calls.call("start", source::start);
      last = start.orElse(null);
      boolean save = start.isPresent() && checkpointer.isPresent();
      if (save) {
        checkpointer.get().begin(start.get());
      }
      next = save ? new SaveStart<>() : new Connect<>();
    }
    if (next instanceof SaveStart) {
      if (!checkpointer.get().await(deadline)) {
        return false;
      }
      next = new Connect<>();
    }
    if (next instanceof Recover<P> recover) {
      recover(recover);
    }
    return !deadline.isOver();
  }

  private void recover(Recover<P> from) throws Exception {
    Recovery<E, P> recovery = calls.call("recover", () -> source.recover(from.lost, from.cause));
    if (recovery instanceof Recovery.Restart<E, P> restart) {
      requireComplete(restart);
      Next<P> connect = new Connect<>();
      notices.add(
          restart
              .notice()
              .map(event -> Received.event(event, restart.from()))
              .orElseGet(() -> Received.progress(restart.from())));
      losses++;
      last = restart.from();
      next = connect;
    } else {
      throw fail(
          new StreamFailure(
              Reason.POSITION_LOST,
              "Cannot resume at position "
                  + from.lost
                  + ": the server no longer knows it, and the "
                  + context.options().source()
                  + " source is not set to continue elsewhere, because events may be lost. Have it continue"
                  + " elsewhere, or start without this position: once with Checkpoints.startAfresh(), or by deleting"
                  + " the checkpoint.",
              from.cause,
              0,
              from.lost));
    }
  }

  private void requireComplete(Recovery.Restart<E, P> restart) {
    if (restart.from() == null || restart.notice() == null) {
      throw AdapterFault.returned("a restart without a position or a notice", source, "recover");
    }
  }

  @Override
  public Optional<AwaitedStep> pending() {
    StreamState state = lifecycle.state();
    boolean onStore =
        state == StreamState.NEW || state == StreamState.CLAIMING || next instanceof SaveStart;
    return onStore
        ? checkpointer.flatMap(
            kept -> kept.awaited().map(what -> new AwaitedStep(what, kept.lastError())))
        : Optional.empty();
  }

  @Override
  public Connection<E, P> connect() throws Exception {
    return AdapterFault.required(source.connect(Optional.ofNullable(last)), source, "connect");
  }

  @Override
  public @Nullable Received<E, P> notice() {
    return notices.peek();
  }

  @Override
  public void noticeTaken() {
    notices.remove();
  }

  @Override
  public void received(P position) {
    last = position;
  }

  @Override
  public @Nullable P last() {
    return last;
  }

  @Override
  public void proved() {
    losses = 0;
  }

  @Override
  public boolean takesAcks() {
    return false;
  }

  @Override
  public void positionLost(Throwable cause) {
    if (next instanceof Recover<P> known && known.cause.equals(cause)) {
      // An error in between made the loop report it again.
      return;
    }
    P lost = last;
    if (lost == null || next instanceof Recover || losses + 1 >= MAX_LOSSES) {
      lifecycle.fail(
          new StreamFailure(
              Reason.POSITION_LOST,
              lost == null
                  ? "Cannot connect to "
                      + context.options().source()
                      + ": its classifier says that the position is lost, but there is none yet. Return another"
                      + " verdict for "
                      + LogText.reason(cause)
                      + "."
                  : "Cannot resume at position "
                      + lost
                      + ": the server has lost the position "
                      + MAX_LOSSES
                      + " times, with no connection in between that gave anything. Check that the history of "
                      + context.options().source()
                      + " reaches back far enough.",
              cause,
              losses,
              lost));
    } else {
      next = new Recover<>(lost, cause);
    }
  }

  private RuntimeException fail(StreamFailure failure) {
    lifecycle.fail(failure);
    lifecycle.check();
    throw new IllegalStateException("The stream has failed.");
  }
}
