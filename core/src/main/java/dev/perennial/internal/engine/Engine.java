package dev.perennial.internal.engine;

import dev.perennial.AckMode;
import dev.perennial.CloseReport;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.StreamStats;
import dev.perennial.internal.checkpoint.CheckpointOptions;
import dev.perennial.internal.checkpoint.Checkpointer;
import dev.perennial.internal.checkpoint.Checkpointing;
import dev.perennial.internal.checkpoint.NoCheckpointing;
import dev.perennial.internal.connection.ClientTracking;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.connection.ReconnectLoop;
import dev.perennial.internal.connection.ServerTracking;
import dev.perennial.internal.connection.SourceCalls;
import dev.perennial.internal.connection.SourceTracking;
import dev.perennial.internal.handling.Handlers;
import dev.perennial.internal.handling.StreamParts;
import dev.perennial.internal.pull.Puller;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamOptions;
import dev.perennial.internal.window.AckWindow;
import dev.perennial.internal.window.NoWindow;
import dev.perennial.internal.window.RedeliveryFilter;
import dev.perennial.internal.window.Window;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.Source;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The engine of one stream: makes the parts bottom-up and wires them once. */
public final class Engine<E, P extends Position> {

  private record Snapshot(
      String name,
      StreamState state,
      long received,
      long acked,
      long nacked,
      int unacked,
      int window,
      Optional<Position> oldestUnacked,
      Optional<Instant> oldestUnackedSince,
      long handlerFailures,
      long skipped,
      long deadLettered,
      int handlersRunning,
      int keysWaiting,
      long reconnects,
      long redeliveriesDropped,
      long malformed,
      Optional<Instant> lastReceived,
      Optional<Instant> lastEventTime,
      Optional<Instant> lastSave)
      implements StreamStats {}

  private final StreamContext context;
  private final Window<E, P> window;
  private final Checkpointing checkpointing;
  private final Puller<E, P> puller;
  private final Readers<E> readers;
  private final Closer<E, P> closer;

  private Engine(
      StreamContext context,
      Window<E, P> window,
      Checkpointing checkpointing,
      Puller<E, P> puller,
      Readers<E> readers,
      Closer<E, P> closer) {
    this.context = context;
    this.window = window;
    this.checkpointing = checkpointing;
    this.puller = puller;
    this.readers = readers;
    this.closer = closer;
  }

  /** Makes the engine of a stream whose server keeps the position. */
  public static <E, P extends Position> Engine<E, P> of(
      ServerTrackedSource<E, P> source, StreamOptions options, List<StreamListener> listeners) {
    StreamContext context = StreamContext.of(options, listeners);
    Parts<E, P> parts = new Parts<>(source, context);
    if (options.acks() == AckMode.NEVER) {
      return parts.assemble(
          new NoWindow<>(position -> Optional.empty()),
          new NoCheckpointing(),
          new ServerTracking<>(source, Optional.empty(), context.lifecycle()));
    }
    RedeliveryFilter<E, P> filter =
        new RedeliveryFilter<>(
            options.window(),
            options.redeliveryMemory(),
            redeliveryHorizon(source),
            context.observer(),
            context.runtime());
    return parts.assemble(
        filter,
        new NoCheckpointing(),
        new ServerTracking<>(source, Optional.of(filter), context.lifecycle()));
  }

  /**
   * Makes the engine of a stream that keeps its position itself.
   *
   * @param checkpoints empty if the stream keeps no checkpoint
   */
  public static <E, P extends Position> Engine<E, P> of(
      ClientTrackedSource<E, P> source,
      Optional<CheckpointOptions> checkpoints,
      StreamOptions options,
      List<StreamListener> listeners) {
    StreamContext context = StreamContext.of(options, listeners);
    Parts<E, P> parts = new Parts<>(source, context);
    Function<P, Checkpoint> encode =
        position -> AdapterFault.call(source, "encode", () -> source.encode(position));
    if (options.acks() == AckMode.NEVER) {
      return parts.assemble(
          new NoWindow<>(position -> Optional.of(encode.apply(position))),
          new NoCheckpointing(),
          parts.tracking(source, Optional.empty()));
    }
    AckWindow<E, P> window = new AckWindow<>(options.window(), encode, options.runtime());
    Optional<Checkpointer<P>> checkpointer =
        checkpoints.map(kept -> new Checkpointer<>(source, window, kept, context));
    return parts.assemble(
        window,
        checkpointer.<Checkpointing>map(kept -> kept).orElseGet(NoCheckpointing::new),
        parts.tracking(source, checkpointer));
  }

  /** What passes events on by itself. */
  private record Readers<E>(Handlers<E> handlers, StreamPublisher<E> publisher) {}

  /** The parts that both kinds of sources share. */
  private record Parts<E, P extends Position>(
      Source<E, P> source, StreamContext context, PullGuard guard, SourceCalls calls) {

    Parts(Source<E, P> source, StreamContext context) {
      this(source, context, guard(context));
    }

    private Parts(Source<E, P> source, StreamContext context, PullGuard guard) {
      this(
          source,
          context,
          guard,
          new SourceCalls(source, context.options().connectTimeout(), guard, context.runtime()));
    }

    private static PullGuard guard(StreamContext context) {
      return new PullGuard(
          context.signal(),
          context.options().name(),
          context.lifecycle()::isClosing,
          context.lifecycle()::overException);
    }

    SourceTracking<E, P> tracking(
        ClientTrackedSource<E, P> tracked, Optional<Checkpointer<P>> checkpointer) {
      return new ClientTracking<>(tracked, checkpointer, calls, context);
    }

    Engine<E, P> assemble(
        Window<E, P> window, Checkpointing checkpointing, SourceTracking<E, P> tracking) {
      ReconnectLoop<E, P> loop = new ReconnectLoop<>(tracking, calls, guard, window, context);
      Puller<E, P> puller = new Puller<>(context, guard, window, loop, checkpointing);
      StreamPublisher<E> publisher = new StreamPublisher<>(context, guard, puller);
      Handlers<E> handlers = new Handlers<>(new StreamParts<>(context, guard, puller, window));
      Closer<E, P> closer = new Closer<>(source, context, guard, loop, window, checkpointing);
      closer.handlers(handlers);
      window.onSettlement(
          new SettlementEffects(context, checkpointing, closer::settledAfterFailure));
      context.lifecycle().onFailure(closer::startSettleTime);
      guard.onAbandoned(closer::cleanUp);
      guard.onLeaving(publisher::isLeaving);
      context
          .signal()
          .onWake(() -> {
            if (guard.isReceiving()) {
              loop.wakeUp();
            }
          });
      return new Engine<>(
          context, window, checkpointing, puller, new Readers<>(handlers, publisher), closer);
    }
  }

  private static Duration redeliveryHorizon(ServerTrackedSource<?, ?> source) {
    Duration horizon = AdapterFault.call(source, "redeliveryHorizon", source::redeliveryHorizon);
    if (horizon.isNegative()) {
      throw AdapterFault.returned(
          "a negative time of " + LogText.duration(horizon), source, "redeliveryHorizon");
    }
    return horizon;
  }

  public Puller<E, P> puller() {
    return puller;
  }

  public Handlers<E> handlers() {
    return readers.handlers;
  }

  public StreamPublisher<E> publisher() {
    return readers.publisher;
  }

  /** Returns the state. Any thread may call this method and those below. */
  public StreamState state() {
    return context.lifecycle().state();
  }

  public StreamStats stats() {
    Optional<Window.Unacked<E>> oldest = window.oldestUnacked();
    return new Snapshot(
        context.options().name(),
        state(),
        puller.received(),
        window.acked(),
        window.nacked(),
        window.unacked(),
        context.options().window(),
        oldest.map(unacked -> unacked.delivery().position()),
        oldest.map(unacked -> context.timeOf(unacked.receivedAt())),
        context.observer().handlerFailures(),
        context.observer().skipped(),
        context.observer().deadLettered(),
        readers.handlers.running(),
        readers.handlers.keysWaiting(),
        context.observer().reconnects(),
        context.observer().redeliveriesDropped(),
        context.observer().malformed(),
        puller.lastReceived(),
        puller.lastEventTime(),
        checkpointing.lastSave());
  }

  public CloseReport close(Duration timeout) {
    return closer.close(timeout);
  }
}
