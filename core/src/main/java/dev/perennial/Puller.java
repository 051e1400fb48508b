package dev.perennial;

import dev.perennial.StreamListener.MalformedReceived;
import dev.perennial.port.LogText;
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
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Hands out what waits to be handed out again, then what the loop receives, for as long as the
 * window has room. One thread at a time sits for its calls.
 */
final class Puller<E, P extends Position> {

  /**
   * So many messages in a row that hand out nothing, such as copies of events, end a batch: what
   * has arrived may be without end.
   */
  private static final int MAX_SKIPPED = 1_024;

  private final StreamOptions options;
  private final StreamRuntime runtime;
  private final Lifecycle lifecycle;
  private final Seat seat;
  private final Window<E, P> window;
  private final ReconnectLoop<E, P> loop;
  private final Waiting waiting;
  private final Saving saving;
  private final Observer observer;
  private final RoomWatch room;
  private final Deadline never;

  /** What an iterator has looked at and nobody has taken yet. */
  private final AtomicReference<@Nullable Delivery<E>> ahead = new AtomicReference<>();

  /** Made once, not for every event. */
  private final Seated<@Nullable Delivery<E>, InterruptedException> pull = this::pull;

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
      Saving saving,
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
    return seated(pull, deadline);
  }

  /** What is done in the seat. */
  private interface Seated<T extends @Nullable Object, X extends Exception> {
    T until(Deadline deadline) throws X, InterruptedException;
  }

  private <T extends @Nullable Object, X extends Exception> T seated(
      Seated<T, X> call, Deadline deadline) throws X, InterruptedException {
    sit();
    T result;
    boolean stayed;
    try {
      result = call.until(deadline);
    } finally {
      stayed = seat.leave();
    }
    if (!stayed) {
      throw lifecycle.overException();
    }
    return result;
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
      lifecycle.throwIfDied();
      return null;
    }
  }

  /**
   * Whether there is a next delivery, which every call gives first from now on; false if the stream
   * has come to its end.
   */
  boolean lookAhead() throws InterruptedException {
    if (ahead.get() == null) {
      ahead.set(nextOrEnd());
    }
    return ahead.get() != null;
  }

  /** What was looked at ahead, not settled on receipt; null if nothing was, or it was taken. */
  @Nullable Delivery<E> takeAhead() {
    return ahead.get() == null ? null : ahead.getAndSet(null);
  }

  Batch<E> poll(int max, Duration waitForFirst) throws InterruptedException {
    if (max < 1 || max > options.window()) {
      throw new IllegalArgumentException(
          "poll() takes from 1 event to as many as the window holds, which is "
              + options.window()
              + ", but was asked for "
              + max);
    }
    List<Delivery<E>> batch =
        seated(deadline -> pull(max, deadline), Deadline.in(waitForFirst, runtime));
    batch.forEach(this::settleOnReceipt);
    return new Batch<>(batch);
  }

  private List<Delivery<E>> pull(int max, Deadline waitForFirst) throws InterruptedException {
    List<Delivery<E>> batch = new ArrayList<>();
    Delivery<E> first = pull(waitForFirst);
    if (first != null) {
      batch.add(first);
      takeArrived(batch, max, waitForFirst);
    }
    return batch;
  }

  void awaitLive(Duration timeout) throws InterruptedException, TimeoutException {
    seated(deadline -> stepUntilLive(timeout, deadline), Deadline.in(timeout, runtime));
  }

  private StreamState stepUntilLive(Duration timeout, Deadline deadline)
      throws InterruptedException, TimeoutException {
    check();
    while (lifecycle.state() != StreamState.LIVE) {
      checkNotEnded();
      loop.step(deadline, () -> false);
      check();
      if (deadline.isOver() && lifecycle.state() != StreamState.LIVE) {
        throw notLive(timeout);
      }
      checkInterrupt();
    }
    return StreamState.LIVE;
  }

  private TimeoutException notLive(Duration timeout) {
    Pending pending = loop.pending();
    Throwable error = pending.lastError();
    TimeoutException late =
        new TimeoutException(
            "Stream \""
                + options.name()
                + "\" is not connected after "
                + LogText.duration(timeout)
                + ": it waits for "
                + pending.what()
                + (error == null ? "" : ", of which the last error was: " + LogText.reason(error))
                + ". It keeps trying at the next call.");
    late.initCause(error);
    return late;
  }

  /** Takes the seat, for the calling thread. */
  void sit() throws InterruptedException {
    if (lifecycle.isClosing()) {
      lifecycle.check();
    }
    checkInterrupt();
    seat.sit();
  }

  private static void checkInterrupt() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  private void check() {
    if (lifecycle.state() == StreamState.FAILED) {
      loop.giveUp();
    }
    lifecycle.check();
  }

  private void checkNotEnded() {
    if (hasEnded()) {
      throw new StreamEndedException("the " + options.name() + " stream is complete");
    }
  }

  private boolean hasEnded() {
    return lifecycle.state() == StreamState.ENDED;
  }

  /** The next delivery, from the seat. */
  Delivery<E> pullForEver() throws InterruptedException {
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
      checkInterrupt();
    }
  }

  /**
   * Adds the deliveries that have arrived, until the batch is full. What goes wrong meanwhile, and
   * an interrupt, is told at the next call, so that this one can give what it holds.
   */
  private void takeArrived(List<Delivery<E>> batch, int max, Deadline deadline) {
    int skips = MAX_SKIPPED;
    try {
      while (batch.size() < max
          && skips > 0
          && !lifecycle.isOver()
          && !Thread.currentThread().isInterrupted()) {
        boolean hasRoom = window.hasRoom();
        Delivery<E> next = held(hasRoom);
        if (next == null) {
          // A connection that has come to its end may stay open for acks, but is asked no more.
          Received<E, P> received = hasRoom && !hasEnded() ? loop.receiveNow() : null;
          if (received == null) {
            return;
          }
          next = fromConnection(received);
        }
        if (next != null) {
          batch.add(next);
        } else {
          skips = (deadline.isOver() ? Math.min(skips, max) : skips) - 1;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StreamException | StreamClosedException e) {
      // The next call says so.
    }
  }

  /**
   * What goes before anything that a connection gives: what an iterator holds, nacked events, then
   * notices of restarts.
   */
  private @Nullable Delivery<E> held(boolean hasRoom) {
    Delivery<E> looked = takeAhead();
    Delivery<E> again = looked != null ? looked : window.nextNacked();
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
      saving.moved();
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
