package dev.perennial.internal.pull;

import dev.perennial.AckMode;
import dev.perennial.Batch;
import dev.perennial.Delivery;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamState;
import dev.perennial.internal.checkpoint.Checkpointing;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.connection.ReconnectLoop;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamOptions;
import dev.perennial.internal.window.FullWindowReporter;
import dev.perennial.internal.window.TrackedDelivery;
import dev.perennial.internal.window.Window;
import dev.perennial.port.Malformed;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pull side of the engine: it returns due nacked events, then notices of restarts, then what
 * {@code ReconnectLoop} receives, as long as the window has room. One thread at a time pulls.
 */
public final class Puller<E, P extends Position> {

  /**
   * The most messages in a row without a delivery, such as copies, that one {@code poll()} reads: a
   * server may send copies without end.
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

  /** Deliveries for the current call, or for the next one if the current call throws. */
  private final PendingDeliveries<E> undelivered = new PendingDeliveries<>();

  /** Made once instead of for every event. */
  private final Guarded<@Nullable Delivery<E>, InterruptedException> pull = this::pullOne;

  /** Written by the pulling thread, read by any thread. */
  private final AtomicLong received = new AtomicLong();

  // The last event. Written before the count, which publishes them.
  private long lastReceived;
  private @Nullable P lastPosition;

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
    Optional<Delivery<E>> next = guarded(this::pullOptional, Deadline.in(timeout, runtime));
    if (next.isPresent()) {
      settleOnReceipt(next.get());
    }
    return next;
  }

  /** Returns the next delivery; the caller settles it on receipt. */
  private @Nullable Delivery<E> next(Deadline deadline) throws InterruptedException {
    return guarded(pull, deadline);
  }

  /** A call of the pulling thread inside the guard. */
  private interface Guarded<T extends @Nullable Object, X extends Exception> {
    T until(Deadline deadline) throws X, InterruptedException;
  }

  private <T extends @Nullable Object, X extends Exception> T guarded(
      Guarded<T, X> call, Deadline deadline) throws X, InterruptedException {
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
   * Fetches the next delivery, which the next call of any kind returns. Returns false if the stream
   * has ended.
   */
  public boolean lookAhead() throws InterruptedException {
    if (undelivered.isLookedAt()) {
      return true;
    }
    try {
      return guarded(this::lookAhead, never);
    } catch (StreamEndedException | StreamClosedException e) {
      lifecycle.throwIfFailed();
      return false;
    }
  }

  /** Runs inside the guard, so that two iterators do not overwrite each other's delivery. */
  private boolean lookAhead(Deadline deadline) throws InterruptedException {
    while (!pull(deadline)) {
      checkInterrupt();
    }
    undelivered.lookAt(undelivered.take());
    return true;
  }

  /**
   * Takes the delivery that was fetched ahead, which the caller settles on receipt; null if there
   * is none.
   */
  public @Nullable Delivery<E> takeAhead() {
    return undelivered.takeLookedAt();
  }

  public Batch<E> poll(int max, Duration waitForFirst) throws InterruptedException {
    if (max < 1 || max > options.window()) {
      throw new IllegalArgumentException(
          "poll() takes from 1 to %d events, the size of the window, but got %d."
              .formatted(options.window(), max));
    }
    Batch<E> batch = guarded(deadline -> pull(max, deadline), Deadline.in(waitForFirst, runtime));
    for (int i = 0; i < batch.size(); i++) {
      settleOnReceipt(batch.deliveries().get(i));
    }
    return batch;
  }

  // Nothing that may fail follows the taking of a delivery, so that none is lost.

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
    guarded(deadline -> stepUntilLive(timeout, deadline), Deadline.in(timeout, runtime));
  }

  private StreamState stepUntilLive(Duration timeout, Deadline deadline)
      throws InterruptedException, TimeoutException {
    check();
    while (lifecycle.state() != StreamState.LIVE) {
      if (hasEnded()) {
        throw ended();
      }
      loop.step(deadline, () -> false);
      check();
      if (deadline.isOver() && lifecycle.state() != StreamState.LIVE) {
        throw loop.pending().after(timeout, options.name());
      }
      checkInterrupt();
    }
    return StreamState.LIVE;
  }

  /** Enters the guard as the pulling thread. */
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

  /** Throws if the stream that has ended has nothing left to hand out. */
  private void checkNackedWaits() {
    if (!window.hasNacked()) {
      throw ended();
    }
  }

  private StreamEndedException ended() {
    return new StreamEndedException(
        "Cannot read from stream \"" + options.name() + "\": its source is complete.");
  }

  private boolean hasEnded() {
    return lifecycle.state() == StreamState.ENDED;
  }

  /**
   * Waits for deliveries and returns them, up to a number. They stay here until they are {@link
   * PendingDeliveries#take taken}, so that nothing is lost if the caller fails. Inside the guard.
   */
  public PendingDeliveries<E> pullArrived(int max) throws InterruptedException {
    while (!pull(never)) {}
    if (max > 1) {
      takeArrived(max, never);
    }
    return undelivered;
  }

  /**
   * Waits for deliveries, as {@link #pullArrived} does, but lets no event overtake a nacked one: it
   * waits until all nacked ones have come again.
   *
   * @param linger how long to wait for more events after the first
   */
  public PendingDeliveries<E> pullInOrder(int max, Duration linger) throws InterruptedException {
    check();
    checkInterrupt();
    if (window.hasNacked()) {
      undelivered.addLookedAt();
      pullNacked();
    } else {
      pullArrived(1);
      if (max > 1) {
        pullMore(max, Deadline.in(linger, runtime));
      }
    }
    return undelivered;
  }

  /** Waits for all nacked events, because each holds up those after it. */
  private void pullNacked() throws InterruptedException {
    while (window.hasNacked()) {
      check();
      undelivered.reserve();
      TrackedDelivery<E> again = window.nextNacked();
      if (again == null) {
        context.await(window::isNackedDue, window.untilNacked(never).remaining());
        checkInterrupt();
      } else {
        undelivered.addInOrder(again);
      }
    }
  }

  /**
   * Adds new deliveries to those that wait to be taken, up to a number, for as long as the stream
   * is connected and the given time lasts. An error or interrupt meanwhile surfaces at the next
   * call.
   */
  private void pullMore(int max, Deadline linger) {
    takeArrived(max, linger);
    try {
      while (undelivered.size() < max
          && !linger.isOver()
          && lifecycle.state() == StreamState.LIVE
          && window.hasRoom()
          && !window.hasNacked()
          && !Thread.currentThread().isInterrupted()) {
        takeReceived(loop.receive(linger));
        takeArrived(max, linger);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StreamFailedException | StreamClosedException e) {
      // The next call throws it.
    }
  }

  /** Returns the deliveries that are left from earlier calls. Inside the guard. */
  public PendingDeliveries<E> left() {
    undelivered.addLookedAt();
    return undelivered;
  }

  /** Takes back deliveries that were taken and not handed out. Inside the guard. */
  public void giveBack(Stream<TrackedDelivery<E>> notHandedOut) {
    undelivered.giveBack(notHandedOut);
  }

  /** Takes the delivery that was waited for. Inside the guard. */
  public Delivery<E> take() {
    return undelivered.take();
  }

  /**
   * Waits until there is a delivery to hand out, which stays here until it is {@link #take taken}.
   * Returns false if the time is over. Inside the guard.
   */
  public boolean pull(Deadline deadline) throws InterruptedException {
    while (true) {
      check();
      boolean hasRoom = window.hasRoom();
      Duration fullReport = hasRoom ? Durations.FOREVER : room.full();
      if (undelivered.isLeft() || takeHeld(hasRoom)) {
        return true;
      }
      Deadline until = window.untilNacked(deadline);
      if (hasEnded()) {
        checkNackedWaits();
        context.await(window::isNackedDue, until.remaining());
      } else if (hasRoom) {
        room.free();
        if (takeReceived(loop.receive(until)) && !lifecycle.isOver()) {
          return true;
        }
      } else {
        context.await(() -> window.hasRoom() || window.isNackedDue(), until.remaining(fullReport));
      }
      if (deadline.isOver()) {
        return false;
      }
      checkInterrupt();
    }
  }

  /**
   * Adds due nacked events, then notices, then what has arrived, up to a number. An error or
   * interrupt meanwhile surfaces at the next call, so that this one can return what it has.
   */
  private void takeArrived(int max, Deadline deadline) {
    int skips = MAX_SKIPPED;
    try {
      while (undelivered.size() < max && !lifecycle.isOver() && takeHeld(window.hasRoom())) {}
      while (undelivered.size() < max
          && skips > 0
          && window.hasRoom()
          && !Thread.currentThread().isInterrupted()) {
        Received<E, P> received = loop.receiveNow();
        if (received == null) {
          return;
        }
        if (!takeReceived(received)) {
          skips = (deadline.isOver() ? Math.min(skips, max) : skips) - 1;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StreamFailedException | StreamClosedException e) {
      // The next call throws it.
    }
  }

  /**
   * Takes a due nacked event, or else the notices of restarts up to the first with an event; both
   * come before received events. Returns false if that hands nothing out.
   */
  private boolean takeHeld(boolean hasRoom) {
    undelivered.reserve();
    TrackedDelivery<E> again = window.nextNacked();
    if (again != null) {
      undelivered.add(again);
      return true;
    }
    return hasRoom && takeNotices();
  }

  /** Takes the notices of restarts, up to the first that hands out an event. */
  private boolean takeNotices() {
    for (Received<E, P> notice = loop.notice(); notice != null; notice = loop.notice()) {
      Delivery<E> delivery = takeIn(notice);
      loop.noticeTaken();
      if (isNew(delivery)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes what a connection gave, which proves the connection unless it is a copy. Returns false if
   * it hands nothing out.
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
   * Admits what was received, entirely or, if it throws, not at all. Returns null if that hands
   * nothing out.
   */
  private @Nullable Delivery<E> takeIn(Received<E, P> next) {
    if (next instanceof Received.Event<E, P> event) {
      undelivered.reserve();
      long now = runtime.recentNanoTime();
      TrackedDelivery<E> delivery = window.admit(event, now);
      if (delivery != null) {
        undelivered.add(delivery);
        lastReceived = now;
        lastPosition = event.position();
        received.setRelease(received.getPlain() + 1);
      }
      return delivery;
    }
    if (next instanceof Received.Progress<E, P> progress) {
      window.progress(progress.position());
      checkpointing.progressed();
    }
    return null;
  }

  /** Reports a delivery that could not be decoded. Returns false if there is no delivery. */
  private boolean isNew(@Nullable Delivery<E> delivery) {
    if (delivery != null && delivery.event() instanceof Malformed malformed) {
      context.observer().malformed(delivery.position(), malformed);
    }
    return delivery != null;
  }

  /**
   * Acks a delivery that is certain to be returned, if the stream acks on receipt. An error must
   * not keep the event from the caller; the ack counts before anything can fail.
   */
  public Delivery<E> settleOnReceipt(Delivery<E> delivery) {
    if (options.acks() == AckMode.ON_RECEIPT) {
      try {
        delivery.ack();
      } catch (Throwable e) {
        // The ack still counts.
      }
    }
    return delivery;
  }

  public long received() {
    return received.get();
  }

  /** Returns when the last event was received. */
  public Optional<Instant> lastReceived() {
    return received() == 0 ? Optional.empty() : Optional.of(context.timeOf(lastReceived));
  }

  /** Returns the last event's own time, if the source knows it. */
  public Optional<Instant> lastEventTime() {
    P last = received() == 0 ? null : lastPosition;
    return last == null ? Optional.empty() : last.time();
  }
}
