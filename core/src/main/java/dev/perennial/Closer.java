package dev.perennial;

import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.Seat.Handover;
import dev.perennial.port.Position;
import dev.perennial.port.Source;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Closes a stream, once, within a time: what takes longer is left to daemon threads, or to the
 * thread that it is in.
 */
final class Closer<E, P extends Position> {

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
  private final AtomicInteger openParts;
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
    // Not a claim that is given up at once: the source would be closed on the closing thread, which
    // a driver's own close may hold up.
    this.openParts = new AtomicInteger(saving.hasClaim() ? 2 : 1);
  }

  CloseReport close(Duration timeout) {
    Deadline deadline = Deadline.in(timeout, runtime);
    Thread caller = Thread.currentThread();
    boolean first = closing.compareAndSet(null, caller);
    lifecycle.beginClose();
    if (!first) {
      return secondReport(caller, deadline);
    }
    // What is acked by now can be saved without the seat, however long that takes to get.
    saving.saveNow();
    Handover seatWas = seat.take(timeout, runtime);
    Session<E, P> live = seatWas == Handover.TAKEN ? loop.detach() : null;
    if (seatWas == Handover.TAKEN) {
      // A driver's own close may hang, so it runs on a thread that can be left behind.
      OwnThread.run(
          () ->
              OwnThread.named(
                  "perennial-close-" + observer.stream(), () -> close(live, deadline.remaining())),
          runtime);
    }
    saving.flush(deadline);
    Optional<Position> oldest = Optional.empty();
    int unacked;
    if (seatWas == Handover.LEFT_PULLING) {
      unacked = window.unacked();
    } else {
      oldest = window.oldestUnacked();
      unacked = window.expire();
    }
    // Until the window expired, acks counted; what the last ones moved is saved here.
    CheckpointOutcome outcome = saving.flush(deadline);
    saving.release(this::partClosed);
    if (seatWas == Handover.TAKEN && !saving.isHeldUpByCaller()) {
      Uninterrupted.await(signal, () -> sourceClosed, deadline);
    }
    int unsent = window.unsent() + (live == null ? loop.unsent() : live.unsent());
    CloseReport done =
        new CloseReport(unacked, unacked == 0 ? Optional.empty() : oldest, unsent, outcome);
    report = done;
    lifecycle.closed();
    return done;
  }

  /** Cleans up in the pulling thread, for which the closer did not wait. */
  void cleanUp() {
    window.expire();
    close(loop.detach(), Duration.ZERO);
  }

  private CloseReport secondReport(Thread caller, Deadline deadline) {
    // A listener that the first close tells of its beginning may well close the stream itself.
    boolean mayWait = closing.get() != caller && !seat.isMine() && !saving.isHeldUpByCaller();
    if (mayWait) {
      Uninterrupted.await(signal, () -> report != null, deadline);
    }
    CloseReport first = report;
    return first != null
        ? first
        : new CloseReport(window.unacked(), Optional.empty(), 0, saving.outcome());
  }

  private void close(@Nullable Session<E, P> live, Duration flush) {
    if (live != null) {
      live.closeQuietly(flush);
      int unsent = live.unsent();
      if (unsent > 0) {
        observer.acksUnsent(unsent);
      }
    }
    partClosed();
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
