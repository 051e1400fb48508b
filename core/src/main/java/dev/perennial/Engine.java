package dev.perennial;

import dev.perennial.Seat.Use;
import dev.perennial.StreamException.Reason;
import dev.perennial.StreamListener.LateAck;
import dev.perennial.StreamListener.MalformedReceived;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Malformed;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.Source;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A stream put together, and its pulling side: hands out what waits to be handed out again, then
 * what the loop receives, for as long as the window has room.
 */
final class Engine<E, P extends Position> implements Settlements {

  /** What differs between the kinds of sources. */
  private record Tracked<E, P extends Position>(
      Window<E, P> window, Feed<E, P> feed, Optional<Saving<P>> saving) {}

  private final StreamOptions options;
  private final StreamRuntime runtime;
  private final Observer observer;
  private final Signal signal;
  private final Waiting waiting;
  private final Lifecycle lifecycle;
  private final Seat seat;
  private final Window<E, P> window;
  private final Optional<Saving<P>> saving;
  private final ReconnectLoop<E, P> loop;
  private final RoomWatch room;
  private final Closer<E, P> closer;

  // Written by the thread that sits, read by any.
  private volatile long received;
  private volatile long lastEvent;

  private Engine(
      Source<E, P> source,
      StreamOptions options,
      List<StreamListener> listeners,
      Function<Engine<E, P>, Tracked<E, P>> tracking) {
    this.options = options;
    this.runtime = options.runtime();
    this.observer = new Observer(options.source(), listeners);
    this.signal = runtime.newSignal();
    this.lifecycle = new Lifecycle(this::wake, observer);
    this.waiting = new Waiting(signal, lifecycle);
    this.seat = new Seat(signal, options.source(), this::cleanUp);
    Tracked<E, P> tracked = tracking.apply(this);
    this.window = tracked.window;
    this.saving = tracked.saving;
    this.loop =
        new ReconnectLoop<>(
            tracked.feed,
            options,
            options.errors().orElse(source.errors()),
            seat,
            lifecycle,
            waiting,
            observer,
            window::hasNacked,
            window::idle);
    this.room = new RoomWatch(window, runtime, observer);
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
          new NoWindow<>(),
          new ServerFeed<>(source, Optional.empty(), lifecycle),
          Optional.empty());
    }
    RedeliveryFilter<E, P> filter =
        new RedeliveryFilter<>(
            options.window(),
            options.redeliveryMemory(),
            source.redeliveryHorizon(),
            this,
            observer);
    return new Tracked<>(
        filter, new ServerFeed<>(source, Optional.of(filter), lifecycle), Optional.empty());
  }

  private Tracked<E, P> track(ClientTrackedSource<E, P> source, Checkpoints checkpoints) {
    if (options.acks() == AckMode.NEVER) {
      return new Tracked<>(new NoWindow<>(), feed(source, Optional.empty()), Optional.empty());
    }
    AckWindow<E, P> ring = new AckWindow<>(options.window(), this);
    CheckpointStore store = checkpoints.store();
    Optional<Saving<P>> kept =
        store == null
            ? Optional.empty()
            : Optional.of(
                Saving.of(
                    source,
                    ring,
                    store,
                    checkpoints,
                    runtime,
                    signal,
                    lifecycle,
                    this::wake,
                    observer));
    return new Tracked<>(ring, feed(source, kept), kept);
  }

  private Feed<E, P> feed(ClientTrackedSource<E, P> source, Optional<Saving<P>> kept) {
    return new ClientFeed<>(source, kept, waiting, seat, lifecycle, observer);
  }

  // Pulling.

  Delivery<E> next() throws InterruptedException {
    Delivery<E> delivery = next(Deadline.never(runtime));
    if (delivery == null) {
      throw new IllegalStateException("a wait without an end ended");
    }
    return delivery;
  }

  Optional<Delivery<E>> next(Duration timeout) throws InterruptedException {
    return Optional.ofNullable(next(Deadline.in(timeout, runtime)));
  }

  private @Nullable Delivery<E> next(Deadline deadline) throws InterruptedException {
    sit();
    try {
      Delivery<E> delivery = pull(deadline);
      if (delivery != null) {
        settleOnReceipt(delivery);
      }
      return delivery;
    } finally {
      seat.leave();
    }
  }

  Batch<E> poll(int max, Duration waitForFirst) throws InterruptedException {
    if (max < 1 || max > options.window()) {
      throw new IllegalArgumentException(
          "poll() takes from 1 event to as many as the window holds, which is "
              + options.window()
              + ", but was asked for "
              + max);
    }
    sit();
    try {
      List<Delivery<E>> batch = new ArrayList<>();
      Delivery<E> next = pull(Deadline.in(waitForFirst, runtime));
      while (next != null) {
        batch.add(next);
        next = batch.size() < max ? pullNow() : null;
      }
      batch.forEach(this::settleOnReceipt);
      return new Batch<>(batch);
    } finally {
      seat.leave();
    }
  }

  void awaitLive(Duration timeout) throws InterruptedException, TimeoutException {
    Deadline deadline = Deadline.in(timeout, runtime);
    sit();
    try {
      check();
      while (lifecycle.state() != StreamState.LIVE) {
        if (deadline.isOver()) {
          TimeoutException late =
              new TimeoutException(
                  "the " + options.source() + " stream was not connected within " + timeout);
          late.initCause(loop.lastError());
          throw late;
        }
        loop.step(deadline);
        check();
      }
    } finally {
      seat.leave();
    }
  }

  void consume(Handler<E> handler) throws InterruptedException {
    if (options.acks() != AckMode.EXPLICIT) {
      throw new IllegalStateException(
          "consume() acks each event when its handler has returned, so it needs AckMode.EXPLICIT, not "
              + options.acks());
    }
    boolean goesOn;
    do {
      goesOn = handleNext(handler);
    } while (goesOn);
  }

  /**
   * Handles the next event. False if the stream has come to its end, by itself or by being closed.
   */
  private boolean handleNext(Handler<E> handler) throws InterruptedException {
    Optional<Throwable> failure;
    Delivery<E> delivery;
    try {
      sit();
      try {
        delivery = pullForEver();
        failure = seat.use(Use.HANDLING, () -> handle(handler, delivery));
      } finally {
        seat.leave();
      }
    } catch (StreamEndedException | StreamClosedException e) {
      return false;
    }
    if (failure.isPresent()) {
      failed(delivery, failure.get());
    }
    return true;
  }

  /**
   * Handles an event and acks it. What the handler throws is the handler's, whatever its type, and
   * never ours.
   */
  private Optional<Throwable> handle(Handler<E> handler, Delivery<E> delivery) {
    try {
      handler.handle(delivery);
    } catch (Throwable e) {
      return Optional.of(e);
    }
    delivery.ack();
    return Optional.empty();
  }

  private void failed(Delivery<E> delivery, Throwable cause) throws InterruptedException {
    if (cause instanceof InterruptedException interrupt) {
      delivery.nack();
      throw interrupt;
    }
    Death death =
        new Death(
            Reason.HANDLER,
            "the handler of the "
                + options.source()
                + " stream failed with "
                + cause
                + " at "
                + delivery.position()
                + ", so the stream stopped; the event is unacked and comes again with the next run",
            cause,
            0,
            delivery.position());
    lifecycle.fail(death);
    throw death.exception();
  }

  private void sit() {
    if (lifecycle.isClosing()) {
      lifecycle.check();
    }
    seat.sit();
  }

  private Delivery<E> pullForEver() throws InterruptedException {
    Delivery<E> delivery = null;
    while (delivery == null) {
      delivery = pull(Deadline.never(runtime));
    }
    return delivery;
  }

  /** The next delivery; null if the time is over. */
  private @Nullable Delivery<E> pull(Deadline deadline) throws InterruptedException {
    while (true) {
      check();
      Delivery<E> again = window.nextNacked();
      if (again != null) {
        return again;
      }
      if (lifecycle.state() == StreamState.ENDED) {
        throw new StreamEndedException("the " + options.source() + " stream is complete");
      }
      if (window.hasRoom()) {
        room.free();
        Delivery<E> delivery = take(loop.receive(deadline));
        if (delivery != null) {
          return delivery;
        }
      } else {
        waiting.await(
            () -> window.hasRoom() || window.hasNacked(), deadline.remaining(room.full()));
      }
      if (deadline.isOver()) {
        return null;
      }
    }
  }

  /** The next delivery of those that have arrived; null if there is none. */
  private @Nullable Delivery<E> pullNow() throws InterruptedException {
    while (!lifecycle.isOver()) {
      Delivery<E> again = window.nextNacked();
      if (again != null) {
        return again;
      }
      Received<E, P> next = window.hasRoom() ? loop.receiveNow() : null;
      if (next == null) {
        return null;
      }
      Delivery<E> delivery = take(next);
      if (delivery != null) {
        return delivery;
      }
    }
    return null;
  }

  /** Takes in what was received; null if that hands nothing out. */
  private @Nullable Delivery<E> take(@Nullable Received<E, P> next) {
    if (next instanceof Received.Event<E, P> event) {
      return admit(event.event(), event.position());
    }
    if (next instanceof Received.Progress<E, P> progress) {
      window.progress(progress.position());
      saving.ifPresent(save -> save.checkpointer().moved());
    }
    return null;
  }

  private @Nullable Delivery<E> admit(E event, P position) {
    long now = runtime.nanoTime();
    Delivery<E> delivery = window.admit(event, position, now);
    if (delivery == null) {
      return null;
    }
    loop.proved();
    long before = received;
    lastEvent = now;
    received = before + 1;
    if (event instanceof Malformed malformed) {
      observer.malformed(new MalformedReceived(position, malformed));
    }
    return delivery;
  }

  private void check() {
    if (lifecycle.state() == StreamState.FAILED) {
      loop.giveUp();
    }
    lifecycle.check();
  }

  private void settleOnReceipt(Delivery<E> delivery) {
    if (options.acks() == AckMode.ON_RECEIPT) {
      delivery.ack();
    }
  }

  // Settling, from any thread.

  @Override
  public void acked() {
    saving.ifPresent(save -> save.checkpointer().moved());
    signal.raise();
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

  // Looking and closing, from any thread.

  StreamState state() {
    return lifecycle.state();
  }

  StreamStats stats() {
    long events = received;
    return new StreamStats(
        events,
        window.acked(),
        window.unacked(),
        observer.reconnects(),
        observer.redeliveriesDropped(),
        observer.malformed(),
        events == 0
            ? Optional.empty()
            : Optional.of(runtime.now().minusNanos(runtime.nanoTime() - lastEvent)),
        saving.flatMap(save -> save.checkpointer().lastSave()));
  }

  CloseReport close(Duration timeout) {
    return closer.close(timeout);
  }

  private void cleanUp() {
    closer.cleanUp();
  }
}
