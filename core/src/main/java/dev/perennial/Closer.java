package dev.perennial;

import dev.perennial.Seat.Handover;
import dev.perennial.port.Position;
import dev.perennial.port.Source;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Lets go of all that a stream has: of one that is closed within a time, and of one that died once
 * its deliveries had their time to be settled. What takes longer is left to daemon threads, or to
 * the thread that it is in. Every step can be taken twice, so the two may cross, and a close that
 * an error cut short can be called again.
 */
final class Closer<E, P extends Position> {

  /** How long the deliveries of a dead stream can still be settled. */
  private static final Duration SETTLE_TIME = EventStream.DEFAULT_CLOSE_TIMEOUT;

  /** Until a dead stream asks again for a thread that could not be had. */
  private static final Duration LET_GO_AGAIN = Duration.ofMillis(100);

  private final Source<E, P> source;
  private final StreamRuntime runtime;
  private final Signal signal;
  private final Lifecycle lifecycle;
  private final Seat seat;
  private final ReconnectLoop<E, P> loop;
  private final Window<E, P> window;
  private final Saving saving;
  private final Observer observer;

  private final AtomicReference<@Nullable Thread> closing = new AtomicReference<>();

  /** Set while a dead stream's deliveries have their time. */
  private final Alarm settleTime;

  private final AtomicBoolean letGo = new AtomicBoolean();
  private final AtomicBoolean connectionClosed = new AtomicBoolean();
  private final AtomicInteger openParts;
  private volatile @Nullable Session<E, P> detached;
  private volatile boolean sourceClosed;
  private volatile @Nullable CloseReport report;

  Closer(
      Source<E, P> source,
      StreamRuntime runtime,
      Signal signal,
      Lifecycle lifecycle,
      Seat seat,
      ReconnectLoop<E, P> loop,
      Window<E, P> window,
      Saving saving,
      Observer observer) {
    this.source = source;
    this.runtime = runtime;
    this.signal = signal;
    this.lifecycle = lifecycle;
    this.seat = seat;
    this.loop = loop;
    this.window = window;
    this.saving = saving;
    this.observer = observer;
    this.settleTime = new Alarm(runtime);
    // Not a claim that is given up at once: the source would be closed on the closing thread, which
    // a driver's own close may hold up.
    this.openParts = new AtomicInteger(saving.hasClaim() ? 2 : 1);
  }

  CloseReport close(Duration timeout) {
    Deadline deadline = Deadline.in(timeout, runtime);
    Thread caller = Thread.currentThread();
    boolean first = closing.compareAndSet(null, caller);
    try {
      lifecycle.beginClose();
      settleTime.stop();
      return first ? firstClose(timeout, deadline) : laterClose(caller, deadline);
    } finally {
      if (first && report == null) {
        closing.set(null);
      }
    }
  }

  private CloseReport firstClose(Duration timeout, Deadline deadline) {
    // What is acked by now can be saved without the seat, however long that takes to get.
    saving.saveNow();
    Handover seatWas = takeSeat(timeout, deadline);
    saving.flush(deadline);
    Optional<Position> oldest =
        seatWas == Handover.LEFT_PULLING ? Optional.empty() : window.oldestUnacked();
    int unacked = window.expire();
    // Until the window expired, acks counted; what the last ones moved is saved here.
    saving.flush(deadline);
    SaveResult saved = saving.result();
    saving.release(this::partClosed);
    if (seatWas == Handover.TAKEN && !saving.isHeldUpByCaller()) {
      Uninterrupted.await(
          signal, () -> saving.release(this::partClosed), () -> sourceClosed, deadline);
    }
    CloseReport done =
        new CloseReport(
            unacked,
            unacked == 0 ? Optional.empty() : oldest,
            loop.unsent(),
            saved.outcome(),
            saved.error());
    report = done;
    lifecycle.closed();
    lifecycle.awaitTold(signal, deadline);
    return done;
  }

  private CloseReport laterClose(Thread caller, Deadline deadline) {
    // A listener that the first close tells of its beginning may well close the stream itself.
    boolean mayWait =
        closing.get() != caller
            && !observer.isInsideListener()
            && !seat.isMine()
            && !saving.isHeldUpByCaller();
    if (mayWait) {
      Uninterrupted.await(signal, () -> report != null, deadline);
    }
    CloseReport first = report;
    if (first != null) {
      // The first close may have found no thread for it.
      saving.release(this::partClosed);
      return first;
    }
    SaveResult soFar = saving.result();
    return new CloseReport(window.unacked(), Optional.empty(), 0, soFar.outcome(), soFar.error());
  }

  /** Takes the seat and, with it, the connection, which it begins to close. */
  private Handover takeSeat(Duration timeout, Deadline flush) {
    Handover seatWas = seat.take(timeout, runtime);
    if (seatWas == Handover.TAKEN) {
      detach();
      // A driver's own close may hang, so it runs on a thread that can be left behind.
      OwnThread.run(
          () ->
              OwnThread.named(
                  "perennial-close-" + observer.stream(), () -> closeConnection(flush.remaining())),
          runtime);
    }
    return seatWas;
  }

  /**
   * The stream has died: what is out can be settled for a time, unless nothing is. Called once, by
   * the thread that found it dead; throws nothing.
   */
  void died() {
    try {
      settleTime.set(SETTLE_TIME, this::letGoAside);
    } catch (Throwable e) {
      // Without a timer they have no time, so that the claim is given up at all.
      letGoAside();
    }
    settledAfterDeath();
  }

  /** A delivery of a dead stream was settled: nobody waits once all are. Throws nothing. */
  void settledAfterDeath() {
    try {
      if (window.unacked() == 0) {
        letGoAside();
      }
    } catch (Throwable e) {
      // The timer or close() does it.
    }
  }

  /** On a thread of its own: the caller may settle a delivery, or be the timer of all streams. */
  private void letGoAside() {
    if (!letGo.compareAndSet(false, true)) {
      return;
    }
    try {
      runtime.execute(this::letGo);
      settleTime.cancel();
    } catch (Throwable e) {
      letGoLater();
    }
  }

  /** Without a thread or memory now, the timer tries again soon, or close() does it. */
  private void letGoLater() {
    letGo.set(false);
    try {
      settleTime.set(LET_GO_AGAIN, this::letGoAside);
    } catch (Throwable e) {
      // Then close() does it.
    }
  }

  /**
   * Makes the last save, gives up the claim, and closes connection and source, as far as {@code
   * close} has not. The claim first: a standby waits for it.
   */
  private void letGo() {
    try {
      window.expire();
      saving.saveNow();
      saving.release(this::partClosed);
      takeSeat(SETTLE_TIME, Deadline.in(SETTLE_TIME, runtime));
      Uninterrupted.await(
          signal,
          () -> saving.release(this::partClosed),
          () -> sourceClosed,
          Deadline.in(SETTLE_TIME, runtime));
    } catch (Throwable e) {
      letGoLater();
      observer.closeFailed("a failed stream", e);
    }
  }

  /** Cleans up in the pulling thread, for which the closer did not wait. */
  void cleanUp() {
    detach();
    closeConnection(Duration.ZERO);
  }

  /** Takes the connection from the loop; of two that take the seat, whoever is second gets none. */
  private synchronized void detach() {
    Session<E, P> live = loop.detach();
    if (live != null) {
      detached = live;
    }
  }

  private void closeConnection(Duration flush) {
    if (!connectionClosed.compareAndSet(false, true)) {
      return;
    }
    try {
      Session<E, P> live = detached;
      if (live != null) {
        int unsent = live.closeQuietly(flush) ? live.unsent() : 0;
        if (unsent > 0) {
          observer.acksUnsent(unsent);
        }
      }
    } finally {
      partClosed();
    }
  }

  /** The connection is closed, or the claim given up: when both are, so is the source. */
  private void partClosed() {
    if (openParts.decrementAndGet() == 0) {
      closeSource();
      sourceClosed = true;
      signal.raise();
    }
  }

  private void closeSource() {
    try {
      source.close();
    } catch (Throwable e) {
      observer.closeFailed("the source", e);
    }
  }
}
