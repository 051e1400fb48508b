package dev.perennial.internal.engine;

import dev.perennial.AckMode;
import dev.perennial.Batch;
import dev.perennial.Delivery;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamException;
import dev.perennial.StreamListener.MalformedReceived;
import dev.perennial.StreamState;
import dev.perennial.internal.checkpoint.Checkpointing;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.connection.ReconnectLoop;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamOptions;
import dev.perennial.internal.window.FullWindowReporter;
import dev.perennial.internal.window.Window;
import dev.perennial.port.Malformed;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Hands out what waits to be handed out again, then what the loop receives, for as long as the
 * window has room. One thread at a time sits for its calls.
 */
public final class Puller<E, P extends Position> {

  /**
   * So many messages in a row that hand out nothing, such as copies of events, end a batch: what
   * has arrived may be without end.
   */
  private static final int MAX_SKIPPED = 1_024;

  private final StreamContext context;
  private final StreamOptions options;
  private final StreamRuntime runtime;
  private final Lifecycle lifecycle;
  private final PullGuard guard;
  private final Window<E, P> window;
  private final ReconnectLoop<E, P> loop;
  private final Checkpointing checkpointing;
  private final FullWindowReporter room;
  private final Deadline never;

  /** What is to be handed out, by this call or, if an error ends it, by the next. */
  private final PendingDeliveries<E> undelivered = new PendingDeliveries<>();

  /** Made once, not for every event. */
  private final Seated<@Nullable Delivery<E>, InterruptedException> pull = this::pullOne;

  // Written by the thread that sits, read by any.
  private volatile long received;
  private volatile long lastEvent;

  public Puller(
      StreamContext context,
      PullGuard guard,
      Window<E, P> window,
      ReconnectLoop<E, P> loop,
      Checkpointing checkpointing) {
    this.context = context;
    this.options = context.options();
    this.runtime = context.runtime();
    this.lifecycle = context.lifecycle();
    this.guard = guard;
    this.window = window;
    this.loop = loop;
    this.checkpointing = checkpointing;
    this.room = new FullWindowReporter(window, runtime, context.observer());
    this.never = Deadline.never(runtime);
  }

  public Delivery<E> next() throws InterruptedException {
    Delivery<E> delivery = null;
    while (delivery == null) {
      delivery = next(never);
    }
    return settleOnReceipt(delivery);
  }

  public Optional<Delivery<E>> next(Duration timeout) throws InterruptedException {
    Optional<Delivery<E>> next = seated(this::pullOptional, Deadline.in(timeout, runtime));
    if (next.isPresent()) {
      settleOnReceipt(next.get());
    }
    return next;
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
    enter();
    T result;
    boolean stayed;
    try {
      result = call.until(deadline);
    } finally {
      stayed = guard.exit();
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
  public @Nullable Delivery<E> nextOrEnd() throws InterruptedException {
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
  public boolean lookAhead() throws InterruptedException {
    if (undelivered.isLookedAt()) {
      return true;
    }
    try {
      return seated(this::lookAhead, never);
    } catch (StreamEndedException | StreamClosedException e) {
      lifecycle.throwIfDied();
      return false;
    }
  }

  /** In the seat, so that of two iterators none overwrites what the other looks at. */
  private boolean lookAhead(Deadline deadline) throws InterruptedException {
    while (!pull(deadline)) {
      checkInterrupt();
    }
    undelivered.lookAt(undelivered.take());
    return true;
  }

  /** What was looked at ahead, not settled on receipt; null if nothing was, or it was taken. */
  public @Nullable Delivery<E> takeAhead() {
    return undelivered.takeLookedAt();
  }

  public Batch<E> poll(int max, Duration waitForFirst) throws InterruptedException {
    if (max < 1 || max > options.window()) {
      throw new IllegalArgumentException(
          "poll() takes from 1 event to as many as the window holds, which is "
              + options.window()
              + ", but was asked for "
              + max);
    }
    Batch<E> batch = seated(deadline -> pull(max, deadline), Deadline.in(waitForFirst, runtime));
    for (int i = 0; i < batch.size(); i++) {
      settleOnReceipt(batch.deliveries().get(i));
    }
    return batch;
  }

  // Nothing that may fail comes after a delivery is taken, so that nobody's is none.

  private Batch<E> pull(int max, Deadline waitForFirst) throws InterruptedException {
    if (pull(waitForFirst)) {
      takeArrived(max, waitForFirst);
    }
    return undelivered.take(max);
  }

  private @Nullable Delivery<E> pullOne(Deadline deadline) throws InterruptedException {
    return pull(deadline) ? undelivered.take() : null;
  }

  private Optional<Delivery<E>> pullOptional(Deadline deadline) throws InterruptedException {
    if (!pull(deadline)) {
      return Optional.empty();
    }
    Optional<Delivery<E>> next = Optional.of(undelivered.peek());
    undelivered.take();
    return next;
  }

  public void awaitLive(Duration timeout) throws InterruptedException, TimeoutException {
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
        throw loop.pending().after(timeout, options.name());
      }
      checkInterrupt();
    }
    return StreamState.LIVE;
  }

  /** Takes the seat, for the calling thread. */
  public void enter() throws InterruptedException {
    if (lifecycle.isClosing()) {
      lifecycle.check();
    }
    checkInterrupt();
    guard.enter();
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

  /** The next delivery, which stays the stream's until it is {@link #take taken}. From the seat. */
  public Delivery<E> pullForEver() throws InterruptedException {
    while (!pull(never)) {}
    return undelivered.peek();
  }

  /** Takes the delivery that was waited for. From the seat. */
  public Delivery<E> take() {
    return undelivered.take();
  }

  /** Waits until something is to be handed out. False if the time is over. */
  private boolean pull(Deadline deadline) throws InterruptedException {
    while (true) {
      check();
      boolean hasRoom = window.hasRoom();
      if (undelivered.isLeft() || takeHeld(hasRoom)) {
        return true;
      }
      checkNotEnded();
      if (hasRoom) {
        room.free();
        if (takeReceived(loop.receive(deadline)) && !lifecycle.isOver()) {
          return true;
        }
      } else {
        context.await(
            () -> window.hasRoom() || window.hasNacked(), deadline.remaining(room.full()));
      }
      if (deadline.isOver()) {
        return false;
      }
      checkInterrupt();
    }
  }

  /**
   * Adds the deliveries that have arrived, until so many are to be handed out. What goes wrong
   * meanwhile, and an interrupt, is told at the next call, so that this one can give what it holds.
   */
  private void takeArrived(int max, Deadline deadline) {
    int skips = MAX_SKIPPED;
    try {
      while (undelivered.size() < max
          && skips > 0
          && !lifecycle.isOver()
          && !Thread.currentThread().isInterrupted()) {
        boolean hasRoom = window.hasRoom();
        boolean taken = takeHeld(hasRoom);
        if (!taken) {
          // A connection that has come to its end may stay open for acks, but is asked no more.
          Received<E, P> received = hasRoom && !hasEnded() ? loop.receiveNow() : null;
          if (received == null) {
            return;
          }
          taken = takeReceived(received);
        }
        if (!taken) {
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
   * Takes what goes before anything that a connection gives: nacked events, then notices of
   * restarts. False if there is none.
   */
  private boolean takeHeld(boolean hasRoom) {
    undelivered.reserve();
    Delivery<E> again = window.nextNacked();
    if (again != null) {
      undelivered.add(again);
      return true;
    }
    Received<E, P> notice = hasRoom ? loop.notice() : null;
    if (notice == null) {
      return false;
    }
    Delivery<E> delivery = takeIn(notice);
    loop.noticeTaken();
    return isNew(delivery);
  }

  /**
   * Takes what a connection gave, and proved itself by if it is wanted. False if that hands nothing
   * out.
   */
  private boolean takeReceived(@Nullable Received<E, P> next) {
    if (next == null) {
      return false;
    }
    Delivery<E> delivery = takeIn(next);
    loop.taken();
    if (delivery != null) {
      loop.proved();
    }
    return isNew(delivery);
  }

  /**
   * Takes in what was received, all of it or, if an error is thrown, nothing; null if that hands
   * nothing out.
   */
  private @Nullable Delivery<E> takeIn(Received<E, P> next) {
    if (next instanceof Received.Event<E, P> event) {
      undelivered.reserve();
      long now = runtime.nanoTime();
      Delivery<E> delivery = window.admit(event.event(), event.position());
      if (delivery != null) {
        undelivered.add(delivery);
        long before = received;
        lastEvent = now;
        received = before + 1;
      }
      return delivery;
    }
    if (next instanceof Received.Progress<E, P> progress) {
      window.progress(progress.position());
      checkpointing.requestSave();
    }
    return null;
  }

  /** Tells of a delivery that could not be decoded; false if there is none. */
  private boolean isNew(@Nullable Delivery<E> delivery) {
    if (delivery != null && delivery.event() instanceof Malformed malformed) {
      context.observer().malformed(new MalformedReceived(delivery.position(), malformed));
    }
    return delivery != null;
  }

  /**
   * Settles what is about to be returned for certain. What fails of an ack comes after it counts,
   * and must not keep the event from the caller.
   */
  public Delivery<E> settleOnReceipt(Delivery<E> delivery) {
    if (options.acks() == AckMode.ON_RECEIPT) {
      try {
        delivery.ack();
      } catch (Throwable e) {
        // It counts all the same.
      }
    }
    return delivery;
  }

  public long received() {
    return received;
  }

  /** When the last event was received. */
  public Optional<Instant> lastEvent() {
    return received == 0
        ? Optional.empty()
        : Optional.of(runtime.now().minusNanos(runtime.nanoTime() - lastEvent));
  }
}
