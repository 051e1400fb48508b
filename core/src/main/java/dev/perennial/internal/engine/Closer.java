package dev.perennial.internal.engine;

import dev.perennial.CloseReport;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.internal.checkpoint.Checkpointing;
import dev.perennial.internal.checkpoint.SaveResult;
import dev.perennial.internal.connection.OpenConnection;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.connection.PullGuard.Handover;
import dev.perennial.internal.connection.ReconnectLoop;
import dev.perennial.internal.handling.Handlers;
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
 * Closes a stream within a deadline, and releases what a failed stream holds once its settle time
 * is over. What takes longer continues on daemon threads, or on the thread that it blocks. Every
 * step may run twice, so the two may overlap, and a close that an error ended can be called again.
 */
public final class Closer<E, P extends Position> {

  private record Report(
      int unacked,
      Optional<Position> oldestUnacked,
      int handlersRunning,
      int unsent,
      CheckpointOutcome checkpoint,
      Optional<Throwable> saveError)
      implements CloseReport {}

  /** How long a failed stream waits before it asks again for a thread. */
  private static final Duration RELEASE_AGAIN = Duration.ofMillis(100);

  private final Source<E, P> source;
  private final StreamContext context;
  private final Lifecycle lifecycle;
  private final PullGuard guard;
  private final ReconnectLoop<E, P> loop;
  private final Window<E, P> window;
  private final Checkpointing checkpointing;

  private final AtomicReference<@Nullable Thread> closing = new AtomicReference<>();

  /** Set during the settle time of a failed stream. */
  private final OneShotTimer settleTimer;

  private final AtomicBoolean releasing = new AtomicBoolean();
  private final AtomicBoolean connectionClosed = new AtomicBoolean();
  private final AtomicInteger openParts;
  private volatile @Nullable Handlers<E> handlers;
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
    // The source is closed after the connection and, if the stream keeps a claim, its release. Both
    // run on other threads, because a driver may block in close.
    this.openParts = new AtomicInteger(checkpointing.keepsClaim() ? 2 : 1);
  }

  /** Sets the handlers that may run while the stream is closed. Called once, before it is used. */
  public void handlers(Handlers<E> handlers) {
    this.handlers = handlers;
  }

  private int handlersRunning() {
    Handlers<E> all = handlers;
    return all == null ? 0 : all.running();
  }

  public CloseReport close(Duration timeout) {
    Deadline deadline = Deadline.in(timeout, context.runtime());
    Thread caller = Thread.currentThread();
    boolean first = closing.compareAndSet(null, caller);
    try {
      lifecycle.beginClose();
      Handlers<E> all = handlers;
      if (all != null) {
        all.closing();
      }
      settleTimer.stop();
      return first ? firstClose(timeout, deadline) : laterClose(caller, deadline);
    } finally {
      if (first && report == null) {
        closing.set(null);
      }
    }
  }

  /** Returns how long the deliveries of a failed stream can still be settled. */
  private Duration settleTime() {
    return context.options().settleTime();
  }

  private CloseReport firstClose(Duration timeout, Deadline deadline) {
    // What is acked by now can be saved before the guard is taken, which may take long.
    checkpointing.saveNow();
    Handover handover = takeGuard(timeout, deadline);
    checkpointing.flush(deadline);
    Optional<Position> oldest =
        window.oldestUnacked().map(unacked -> unacked.delivery().position());
    int unacked = window.expire();
    // Acks counted until the window expired; this saves what the last ones moved.
    checkpointing.flush(deadline);
    SaveResult saved = checkpointing.result();
    releaseClaim();
    if (handover == Handover.TAKEN && !checkpointing.isHeldUpByCaller()) {
      UninterruptibleWait.await(context.signal(), this::releaseClaim, () -> sourceClosed, deadline);
    }
    CloseReport done =
        new Report(
            unacked,
            unacked == 0 ? Optional.empty() : oldest,
            handlersRunning(),
            loop.unsent(),
            saved.outcome(),
            saved.error());
    report = done;
    lifecycle.closed();
    lifecycle.awaitNotified(deadline);
    return done;
  }

  private CloseReport laterClose(Thread caller, Deadline deadline) {
    // A listener that is notified of closing may itself close the stream.
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
      // The first close may have had no thread for the release.
      releaseClaim();
      return first;
    }
    SaveResult soFar = checkpointing.result();
    return new Report(
        window.unacked(), Optional.empty(), handlersRunning(), 0, soFar.outcome(), soFar.error());
  }

  /** Takes the guard and, with it, the connection, which it begins to close. */
  private Handover takeGuard(Duration timeout, Deadline flush) {
    Handover handover = guard.take(timeout, context.runtime());
    if (handover == Handover.TAKEN) {
      detach();
      // A driver may block in close, so close runs on a thread that can be abandoned.
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
   * Starts the settle time of a failed stream, or ends it at once if nothing is unacked. Called
   * once, by the thread that failed the stream. Throws nothing.
   */
  public void startSettleTime() {
    try {
      settleTimer.set(settleTime(), this::releaseInBackground);
    } catch (Throwable e) {
      // Without a timer there is no settle time, so that the claim is released at all.
      releaseInBackground();
    }
    settledAfterFailure();
  }

  /** Ends the settle time if the last delivery was settled. Throws nothing. */
  public void settledAfterFailure() {
    try {
      if (window.unacked() == 0) {
        releaseInBackground();
      }
    } catch (Throwable e) {
      // The timer or close() does it.
    }
  }

  /**
   * Releases everything on another thread: the caller may be settling a delivery, or be the timer
   * thread of all streams.
   */
  private void releaseInBackground() {
    if (!releasing.compareAndSet(false, true)) {
      return;
    }
    try {
      context.runtime().execute(this::releaseAll);
      settleTimer.cancel();
    } catch (Throwable e) {
      releaseLater();
    }
  }

  /** Tries again soon if there is no thread or memory now. */
  private void releaseLater() {
    releasing.set(false);
    try {
      settleTimer.set(RELEASE_AGAIN, this::releaseInBackground);
    } catch (Throwable e) {
      // close() does it.
    }
  }

  /**
   * Makes the last save, releases the claim, and closes the connection and the source, unless
   * {@code close} has. The claim comes first, because a standby waits for it.
   */
  private void releaseAll() {
    try {
      window.expire();
      checkpointing.saveNow();
      releaseClaim();
      takeGuard(settleTime(), Deadline.in(settleTime(), context.runtime()));
      UninterruptibleWait.await(
          context.signal(),
          this::releaseClaim,
          () -> sourceClosed,
          Deadline.in(settleTime(), context.runtime()));
    } catch (Throwable e) {
      releaseLater();
      context.observer().closeFailed("a failed stream", e);
    }
  }

  /** Cleans up on the pulling thread, which the closing thread did not wait for. */
  public void cleanUp() {
    detach();
    closeConnection(Duration.ZERO);
  }

  /** Takes the connection from the loop. If two threads take the guard, only the first gets it. */
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

  /** Requests the release of the claim, again if there was no thread for it before. */
  private void releaseClaim() {
    checkpointing.release(this::partClosed);
  }

  /** Closes the source once the connection is closed and the claim released. */
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
