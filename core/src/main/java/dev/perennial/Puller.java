package dev.perennial;

import dev.perennial.Seat.Use;
import dev.perennial.StreamException.Reason;
import dev.perennial.StreamListener.MalformedReceived;
import dev.perennial.port.Malformed;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Hands out what waits to be handed out again, then what the loop receives, for as long as the
 * window has room. One thread at a time sits for its calls.
 */
final class Puller<E, P extends Position> {

  private final StreamOptions options;
  private final StreamRuntime runtime;
  private final Lifecycle lifecycle;
  private final Seat seat;
  private final Window<E, P> window;
  private final ReconnectLoop<E, P> loop;
  private final Waiting waiting;
  private final Optional<Saving<P>> saving;
  private final Observer observer;
  private final RoomWatch room;
  private final Deadline never;

  // Written by the thread that sits, read by any.
  private volatile long received;
  private volatile long lastEvent;

  Puller(
      StreamOptions options,
      Lifecycle lifecycle,
      Seat seat,
      Window<E, P> window,
      ReconnectLoop<E, P> loop,
      Waiting waiting,
      Optional<Saving<P>> saving,
      Observer observer) {
    this.options = options;
    this.runtime = options.runtime();
    this.lifecycle = lifecycle;
    this.seat = seat;
    this.window = window;
    this.loop = loop;
    this.waiting = waiting;
    this.saving = saving;
    this.observer = observer;
    this.room = new RoomWatch(window, runtime, observer);
    this.never = Deadline.never(runtime);
  }

  Delivery<E> next() throws InterruptedException {
    Delivery<E> delivery = null;
    while (delivery == null) {
      delivery = next(never);
    }
    return settleOnReceipt(delivery);
  }

  Optional<Delivery<E>> next(Duration timeout) throws InterruptedException {
    return Optional.ofNullable(next(Deadline.in(timeout, runtime))).map(this::settleOnReceipt);
  }

  /** The next delivery, not settled on receipt, which is for who gets it. */
  private @Nullable Delivery<E> next(Deadline deadline) throws InterruptedException {
    sit();
    Delivery<E> delivery;
    boolean stayed;
    try {
      delivery = pull(deadline);
    } finally {
      stayed = seat.leave();
    }
    if (!stayed) {
      throw lifecycle.closedException();
    }
    return delivery;
  }

  /**
   * The next delivery, not settled on receipt; null if the stream has come to its end, by itself or
   * by being closed.
   */
  @Nullable Delivery<E> nextOrEnd() throws InterruptedException {
    try {
      Delivery<E> delivery = null;
      while (delivery == null) {
        delivery = next(never);
      }
      return delivery;
    } catch (StreamEndedException | StreamClosedException e) {
      throwIfDied();
      return null;
    }
  }

  /**
   * A stream that died must not look as if it had come to its end, only because it is closed by
   * now.
   */
  private void throwIfDied() {
    Death death = lifecycle.death();
    if (death != null) {
      throw death.exception();
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
    List<Delivery<E>> batch = new ArrayList<>();
    boolean stayed;
    try {
      Delivery<E> next = pull(Deadline.in(waitForFirst, runtime));
      while (next != null) {
        batch.add(next);
        next = batch.size() < max ? pullNow() : null;
      }
    } finally {
      stayed = seat.leave();
    }
    if (!stayed) {
      throw lifecycle.closedException();
    }
    batch.forEach(this::settleOnReceipt);
    return new Batch<>(batch);
  }

  void awaitLive(Duration timeout) throws InterruptedException, TimeoutException {
    Deadline deadline = Deadline.in(timeout, runtime);
    sit();
    try {
      check();
      while (lifecycle.state() != StreamState.LIVE) {
        checkNotEnded();
        if (deadline.isOver()) {
          throw notLive(timeout);
        }
        loop.step(deadline, () -> false);
        check();
      }
    } finally {
      seat.leave();
    }
  }

  private TimeoutException notLive(Duration timeout) {
    TimeoutException late =
        new TimeoutException(
            "the " + options.source() + " stream was not connected within " + timeout);
    late.initCause(loop.lastError());
    return late;
  }

  void consume(Handler<E> handler) throws InterruptedException {
    if (options.acks() != AckMode.EXPLICIT) {
      throw new IllegalStateException(
          "consume() acks each event when its handler has returned, so it needs AckMode.EXPLICIT, not "
              + options.acks());
    }
    Optional<Handled<E>> last;
    do {
      last = handleNext(handler);
    } while (last.isPresent());
  }

  /** What became of a delivery in the handler. */
  private record Handled<E>(Delivery<E> delivery, Optional<Throwable> failure) {}

  /**
   * Handles the next event. Empty if the stream has come to its end, by itself or by being closed.
   */
  private Optional<Handled<E>> handleNext(Handler<E> handler) throws InterruptedException {
    Handled<E> handled = null;
    try {
      sit();
      try {
        Delivery<E> delivery = pullForEver();
        handled = seat.use(Use.HANDLING, () -> handle(handler, delivery));
      } finally {
        seat.leave();
      }
    } catch (StreamEndedException | StreamClosedException e) {
      throwIfDied();
      return Optional.empty();
    }
    if (handled.failure.isPresent()) {
      failed(handled.delivery, handled.failure.get());
    }
    return Optional.of(handled);
  }

  /**
   * Acks what was handled. What the handler throws is the handler's, whatever its type, and never
   * ours.
   */
  private Handled<E> handle(Handler<E> handler, Delivery<E> delivery) {
    try {
      handler.handle(delivery);
    } catch (Throwable e) {
      return new Handled<>(delivery, Optional.of(e));
    }
    if (!delivery.isSettled()) {
      delivery.ack();
    }
    return new Handled<>(delivery, Optional.empty());
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
                + ", so the stream stopped; "
                + (delivery.isSettled()
                    ? "the handler had settled the event before"
                    : "the event is unacked and comes again with the next run"),
            cause,
            0,
            delivery.position());
    // Thrown even where the stream is closed meanwhile: nobody else would tell of the handler's
    // error.
    lifecycle.fail(death);
    throw lifecycle.exceptionOf(death);
  }

  private void sit() throws InterruptedException {
    if (lifecycle.isClosing()) {
      lifecycle.check();
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    seat.sit();
  }

  private void check() {
    if (lifecycle.state() == StreamState.FAILED) {
      loop.giveUp();
    }
    lifecycle.check();
  }

  private void checkNotEnded() {
    if (lifecycle.state() == StreamState.ENDED) {
      throw new StreamEndedException("the " + options.source() + " stream is complete");
    }
  }

  private Delivery<E> pullForEver() throws InterruptedException {
    Delivery<E> delivery = null;
    while (delivery == null) {
      delivery = pull(never);
    }
    return delivery;
  }

  /** The next delivery; null if the time is over. */
  private @Nullable Delivery<E> pull(Deadline deadline) throws InterruptedException {
    while (true) {
      check();
      boolean hasRoom = window.hasRoom();
      Delivery<E> held = held(hasRoom);
      if (held != null) {
        return held;
      }
      checkNotEnded();
      if (hasRoom) {
        room.free();
        Delivery<E> delivery = fromConnection(loop.receive(deadline));
        if (delivery != null && !lifecycle.isOver()) {
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

  /**
   * The next delivery of those that have arrived; null if there is none. What goes wrong meanwhile
   * is told at the next call, so that this one can give what it holds.
   */
  private @Nullable Delivery<E> pullNow() {
    try {
      while (!lifecycle.isOver()) {
        boolean hasRoom = window.hasRoom();
        Delivery<E> held = held(hasRoom);
        if (held != null) {
          return held;
        }
        Received<E, P> next = hasRoom ? loop.receiveNow() : null;
        if (next == null) {
          return null;
        }
        Delivery<E> delivery = fromConnection(next);
        if (delivery != null) {
          return delivery;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StreamException | StreamClosedException e) {
      return null;
    }
    return null;
  }

  /** What goes before anything that a connection gives: nacked events, then notices of restarts. */
  private @Nullable Delivery<E> held(boolean hasRoom) {
    Delivery<E> again = window.nextNacked();
    return again != null || !hasRoom ? again : take(loop.notice());
  }

  /** What a connection gave, and proved itself by if it is wanted. */
  private @Nullable Delivery<E> fromConnection(@Nullable Received<E, P> next) {
    Delivery<E> delivery = take(next);
    if (delivery != null) {
      loop.proved();
    }
    return delivery;
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
    Delivery<E> delivery = window.admit(event, position);
    if (delivery == null) {
      return null;
    }
    long before = received;
    lastEvent = now;
    received = before + 1;
    if (event instanceof Malformed malformed) {
      observer.malformed(new MalformedReceived(position, malformed));
    }
    return delivery;
  }

  /** Settles what is about to be returned for certain. */
  Delivery<E> settleOnReceipt(Delivery<E> delivery) {
    if (options.acks() == AckMode.ON_RECEIPT) {
      delivery.ack();
    }
    return delivery;
  }

  long received() {
    return received;
  }

  /** When the last event was received. */
  Optional<Instant> lastEvent() {
    return received == 0
        ? Optional.empty()
        : Optional.of(runtime.now().minusNanos(runtime.nanoTime() - lastEvent));
  }
}
