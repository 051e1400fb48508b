package dev.perennial;

import dev.perennial.StreamListener.LateAck;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.LogText;
import dev.perennial.port.Position;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.Source;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The parts of one stream, put together. */
final class Engine<E, P extends Position> implements Settlements {

  /** What differs between the kinds of sources. */
  private record Tracked<E, P extends Position>(
      Window<E, P> window, Feed<E, P> feed, Saving saving) {}

  private final StreamOptions options;
  private final StreamRuntime runtime;
  private final Observer observer;
  private final Signal signal;
  private final Waiting waiting;
  private final Lifecycle lifecycle;
  private final Seat seat;
  private final Window<E, P> window;
  private final Saving saving;
  private final ReconnectLoop<E, P> loop;
  private final Puller<E, P> puller;
  private final HandlerLoop<E> handlerLoop;
  private final Closer<E, P> closer;

  private Engine(
      Source<E, P> source,
      StreamOptions options,
      List<StreamListener> listeners,
      Function<Engine<E, P>, Tracked<E, P>> tracking) {
    this.options = options;
    this.runtime = options.runtime();
    this.observer = new Observer(options.name(), listeners);
    this.signal = new SteadySignal(runtime.newSignal());
    this.lifecycle = new Lifecycle(this::wake, this::died, observer, runtime);
    this.waiting = new Waiting(signal, lifecycle);
    this.seat =
        new Seat(
            signal, options.name(), lifecycle::isClosing, lifecycle::overException, this::cleanUp);
    Tracked<E, P> tracked = tracking.apply(this);
    this.window = tracked.window;
    this.saving = tracked.saving;
    this.loop =
        new ReconnectLoop<>(
            tracked.feed,
            options,
            seat,
            calls(source),
            lifecycle,
            waiting,
            observer,
            window::hasNacked,
            window::idle);
    this.puller = new Puller<>(options, lifecycle, seat, window, loop, waiting, saving, observer);
    this.handlerLoop = new HandlerLoop<>(options, lifecycle, seat, puller);
    this.closer =
        new Closer<>(source, runtime, signal, lifecycle, seat, loop, window, saving, observer);
  }

  static <E, P extends Position> Engine<E, P> of(
      ServerTrackedSource<E, P> source, StreamOptions options, List<StreamListener> listeners) {
    return new Engine<>(source, options, listeners, engine -> engine.track(source));
  }

  static <E, P extends Position> Engine<E, P> of(
      ClientTrackedSource<E, P> source,
      Checkpoints checkpoints,
      StreamOptions options,
      List<StreamListener> listeners) {
    return new Engine<>(source, options, listeners, engine -> engine.track(source, checkpoints));
  }

  private Tracked<E, P> track(ServerTrackedSource<E, P> source) {
    if (options.acks() == AckMode.NEVER) {
      return new Tracked<>(
          new NoWindow<>(), new ServerFeed<>(source, Optional.empty(), lifecycle), new NoSaving());
    }
    RedeliveryFilter<E, P> filter =
        new RedeliveryFilter<>(
            options.window(),
            options.redeliveryMemory(),
            redeliveryHorizon(source),
            this,
            observer);
    return new Tracked<>(
        filter, new ServerFeed<>(source, Optional.of(filter), lifecycle), new NoSaving());
  }

  private Tracked<E, P> track(ClientTrackedSource<E, P> source, Checkpoints checkpoints) {
    if (options.acks() == AckMode.NEVER) {
      return new Tracked<>(new NoWindow<>(), feed(source, Optional.empty()), new NoSaving());
    }
    AckWindow<E, P> ring = new AckWindow<>(options.window(), this);
    CheckpointStore store = checkpoints.store();
    if (store == null) {
      return new Tracked<>(ring, feed(source, Optional.empty()), new NoSaving());
    }
    StoreSaving<P> kept =
        StoreSaving.of(
            source, ring, store, checkpoints, runtime, signal, lifecycle, this::wake, observer);
    return new Tracked<>(ring, feed(source, Optional.of(kept)), kept);
  }

  private Feed<E, P> feed(ClientTrackedSource<E, P> source, Optional<StoreSaving<P>> kept) {
    return new ClientFeed<>(source, options, kept, waiting, calls(source), lifecycle, observer);
  }

  private SourceCalls calls(Source<E, P> source) {
    return new SourceCalls(source, options.connectTimeout(), seat, runtime);
  }

  private static Duration redeliveryHorizon(ServerTrackedSource<?, ?> source) {
    Duration horizon = AdapterFault.call(source, "redeliveryHorizon", source::redeliveryHorizon);
    if (horizon.isNegative()) {
      throw AdapterFault.returned(
          "a negative time of " + LogText.duration(horizon), source, "redeliveryHorizon");
    }
    return horizon;
  }

  // Settling, from any thread.

  @Override
  public void acked() {
    saving.moved();
    signal.raise();
    if (lifecycle.isDead()) {
      closer.settledAfterDeath();
    }
  }

  @Override
  public void nacked() {
    wake();
  }

  @Override
  public void ackedTooLate(Delivery<?> delivery) {
    observer.lateAck(new LateAck(delivery.position()));
  }

  /** Makes the thread that sits look again, wherever it waits. */
  private void wake() {
    signal.raise();
    if (seat.isReceiving()) {
      loop.wakeUp();
    }
  }

  Puller<E, P> puller() {
    return puller;
  }

  HandlerLoop<E> handlerLoop() {
    return handlerLoop;
  }

  // Looking and closing, from any thread.

  StreamState state() {
    return lifecycle.state();
  }

  StreamStats stats() {
    return new StreamStats(
        puller.received(),
        window.acked(),
        window.unacked(),
        observer.reconnects(),
        observer.redeliveriesDropped(),
        observer.malformed(),
        puller.lastEvent(),
        saving.lastSave());
  }

  CloseReport close(Duration timeout) {
    return closer.close(timeout);
  }

  private void died() {
    closer.died();
  }

  private void cleanUp() {
    closer.cleanUp();
  }
}
