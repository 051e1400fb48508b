package dev.perennial.internal.engine;

import dev.perennial.CloseReport;
import dev.perennial.internal.checkpoint.Checkpointing;
import dev.perennial.internal.checkpoint.SaveResult;
import dev.perennial.internal.connection.OpenConnection;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.connection.PullGuard.Handover;
import dev.perennial.internal.connection.ReconnectLoop;
import dev.perennial.internal.stream.BackgroundThread;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.OneShotTimer;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.UninterruptibleWait;
import dev.perennial.internal.window.Window;
import dev.perennial.port.Position;
import dev.perennial.port.Source;
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
public final class Closer<E, P extends Position> {

  /** Until a dead stream asks again for a thread that could not be had. */
  private static final Duration LET_GO_AGAIN = Duration.ofMillis(100);

  private final Source<E, P> source;
  private final StreamContext context;
  private final Lifecycle lifecycle;
  private final PullGuard guard;
  private final ReconnectLoop<E, P> loop;
  private final Window<E, P> window;
  private final Checkpointing checkpointing;

  private final AtomicReference<@Nullable Thread> closing = new AtomicReference<>();

  /** Set while a dead stream's deliveries have their time. */
  private final OneShotTimer settleTimer;

  private final AtomicBoolean letGo = new AtomicBoolean();
  private final AtomicBoolean connectionClosed = new AtomicBoolean();
  private final AtomicInteger openParts;
  private volatile @Nullable OpenConnection<E, P> detached;
  private volatile boolean sourceClosed;
  private volatile @Nullable CloseReport report;

  public Closer(
      Source<E, P> source,
      StreamContext context,
      PullGuard guard,
      ReconnectLoop<E, P> loop,
      Window<E, P> window,
      Checkpointing checkpointing) {
    this.source = source;
    this.context = context;
    this.lifecycle = context.lifecycle();
    this.guard = guard;
    this.loop = loop;
    this.window = window;
    this.checkpointing = checkpointing;
    this.settleTimer = new OneShotTimer(context.runtime());
    // Not a claim that is given up at once: the source would be closed on the closing thread, which
    // a driver's own close may hold up.
    this.openParts = new AtomicInteger(checkpointing.hasClaim() ? 2 : 1);
  }

  public CloseReport close(Duration timeout) {
    Deadline deadline = Deadline.in(timeout, context.runtime());
    Thread caller = Thread.currentThread();
    boolean first = closing.compareAndSet(null, caller);
    try {
      lifecycle.beginClose();
      settleTimer.stop();
      return first ? firstClose(timeout, deadline) : laterClose(caller, deadline);
    } finally {
      if (first && report == null) {
        closing.set(null);
      }
    }
  }

  /** How long the deliveries of a stream that failed can still be settled. */
  private Duration settleTime() {
    return context.options().settleTime();
  }

  private CloseReport firstClose(Duration timeout, Deadline deadline) {
    // What is acked by now can be saved without the seat, however long that takes to get.
    checkpointing.saveNow();
    Handover handover = takeGuard(timeout, deadline);
    checkpointing.flush(deadline);
    Optional<Position> oldest =
        handover == Handover.LEFT_PULLING ? Optional.empty() : window.oldestUnacked();
    int unacked = window.expire();
    // Until the window expired, acks counted; what the last ones moved is saved here.
    checkpointing.flush(deadline);
    SaveResult saved = checkpointing.result();
    checkpointing.release(this::partClosed);
    if (handover == Handover.TAKEN && !checkpointing.isHeldUpByCaller()) {
      UninterruptibleWait.await(
          context.signal(),
          () -> checkpointing.release(this::partClosed),
          () -> sourceClosed,
          deadline);
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
    lifecycle.awaitTold(deadline);
    return done;
  }

  private CloseReport laterClose(Thread caller, Deadline deadline) {
    // A listener that the first close tells of its beginning may well close the stream itself.
    boolean mayWait =
        closing.get() != caller
            && !context.observer().isInsideListener()
            && !guard.isMine()
            && !checkpointing.isHeldUpByCaller();
    if (mayWait) {
      UninterruptibleWait.await(context.signal(), () -> report != null, deadline);
    }
    CloseReport first = report;
    if (first != null) {
      // The first close may have found no thread for it.
      checkpointing.release(this::partClosed);
      return first;
    }
    SaveResult soFar = checkpointing.result();
    return new CloseReport(window.unacked(), Optional.empty(), 0, soFar.outcome(), soFar.error());
  }

  /** Takes the seat and, with it, the connection, which it begins to close. */
  private Handover takeGuard(Duration timeout, Deadline flush) {
    Handover handover = guard.take(timeout, context.runtime());
    if (handover == Handover.TAKEN) {
      detach();
      // A driver's own close may hang, so it runs on a thread that can be left behind.
      BackgroundThread.run(
          () ->
              BackgroundThread.named(
                  "perennial-close-" + context.observer().stream(),
                  () -> closeConnection(flush.remaining())),
          context.runtime());
    }
    return handover;
  }

  /**
   * The stream has died: what is out can be settled for a time, unless nothing is. Called once, by
   * the thread that found it dead; throws nothing.
   */
  public void failed() {
    try {
      settleTimer.set(settleTime(), this::letGoAside);
    } catch (Throwable e) {
      // Without a timer they have no time, so that the claim is given up at all.
      letGoAside();
    }
    settledAfterFailure();
  }

  /** A delivery of a dead stream was settled: nobody waits once all are. Throws nothing. */
  public void settledAfterFailure() {
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
      context.runtime().execute(this::letGo);
      settleTimer.cancel();
    } catch (Throwable e) {
      letGoLater();
    }
  }

  /** Without a thread or memory now, the timer tries again soon, or close() does it. */
  private void letGoLater() {
    letGo.set(false);
    try {
      settleTimer.set(LET_GO_AGAIN, this::letGoAside);
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
      checkpointing.saveNow();
      checkpointing.release(this::partClosed);
      takeGuard(settleTime(), Deadline.in(settleTime(), context.runtime()));
      UninterruptibleWait.await(
          context.signal(),
          () -> checkpointing.release(this::partClosed),
          () -> sourceClosed,
          Deadline.in(settleTime(), context.runtime()));
    } catch (Throwable e) {
      letGoLater();
      context.observer().closeFailed("a failed stream", e);
    }
  }

  /** Cleans up in the pulling thread, for which the closer did not wait. */
  public void cleanUp() {
    detach();
    closeConnection(Duration.ZERO);
  }

  /** Takes the connection from the loop; of two that take the seat, whoever is second gets none. */
  private synchronized void detach() {
    OpenConnection<E, P> live = loop.detach();
    if (live != null) {
      detached = live;
    }
  }

  private void closeConnection(Duration flush) {
    if (!connectionClosed.compareAndSet(false, true)) {
      return;
    }
    try {
      OpenConnection<E, P> live = detached;
      if (live != null) {
        int unsent = live.closeQuietly(flush) ? live.unsent() : 0;
        if (unsent > 0) {
          context.observer().acksUnsent(unsent);
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
      context.signal().raise();
    }
  }

  private void closeSource() {
    try {
      source.close();
    } catch (Throwable e) {
      context.observer().closeFailed("the source", e);
    }
  }
}
