package dev.perennial.internal.connection;

import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.stream.UninterruptibleWait;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides which thread may use the connection, and the calls of the source that block: one pulling
 * thread at a time, until the closing thread takes over for good. One state says which call the
 * pulling thread is in, so that {@code connect}, {@code receive} and {@code close} never overlap
 * and an interrupt hits only the call that it is meant for.
 *
 * <pre>
 *  FREE ⇄ PULLING ⇄ CONNECTING, RECEIVING, HANDLING, DRAINING
 *                        │ close() or a timeout interrupts
 *                        ▼
 *                   INTERRUPTING → INTERRUPTED → PULLING
 *
 *  FREE ──────► TAKEN                             the closing thread takes over
 *  any other ──► ABANDONED, ABANDONED_INTERRUPTED  it could not wait: the pulling thread cleans up
 * </pre>
 */
public final class PullGuard {

  /** What the guard is used for. */
  public enum Use {
    /** No thread is inside. */
    FREE,
    /** The pulling thread is in the engine, or in a call that does not block. */
    PULLING,
    /**
     * The pulling thread is in the source: in start, connect or recover, or closing a lost
     * connection.
     */
    CONNECTING,
    /** The pulling thread waits in the connection. */
    RECEIVING,
    /** The pulling thread is in the application's handler. */
    HANDLING,
    /** The pulling thread waits for handlers on other threads, and begins nothing more. */
    DRAINING,
    /** The pulling thread is in the source or connection and is being interrupted. */
    INTERRUPTING,
    /**
     * The pulling thread is in the source or connection, interrupted by the closing thread or a
     * timer.
     */
    INTERRUPTED,
    /** The closing thread has taken over, for good. */
    TAKEN,
    /** The closing thread has left without waiting, so the pulling thread cleans up. */
    ABANDONED,
    /** The same, and the interrupt of the closing thread is still to be cleared. */
    ABANDONED_INTERRUPTED
  }

  /** How the closing thread took over. */
  public enum Handover {
    /** It owns the connection and the source. */
    TAKEN,
    /** The pulling thread is inside, and cleans up when it returns. */
    LEFT
  }

  /**
   * An interrupt from another thread for one call of the pulling thread, which hits that call or
   * none. The pulling thread makes it before the call and ends it afterwards.
   */
  public final class Interruption {
    private volatile boolean happened;

    private Interruption() {}

    /** Interrupts the call, unless it has ended or is being interrupted already. */
    void interrupt() {
      if (use.compareAndSet(Use.CONNECTING, Use.INTERRUPTING)) {
        // The pulling thread stays inside until INTERRUPTING is over, but may be in a later call.
        happened = interruption == this;
        use.set(happened ? interruptPuller() : Use.CONNECTING);
      }
    }

    boolean happened() {
      return happened;
    }

    void end() {
      interruption = null;
    }
  }

  /** A call that may block. */
  public interface Call<T extends @Nullable Object, X extends Exception> {
    T call() throws X;
  }

  /**
   * How long the closing thread waits for {@code start}, {@code connect} or {@code recover} before
   * it interrupts.
   */
  private static final Duration CONNECT_GRACE = Duration.ofSeconds(1);

  /** How long a thread waits for one inside that is about to leave. */
  private static final Duration LEAVE_GRACE = Duration.ofSeconds(1);

  private final AtomicReference<Use> use = new AtomicReference<>(Use.FREE);
  private final Signal signal;
  private final String stream;
  private final BooleanSupplier closing;
  private final Supplier<? extends RuntimeException> over;

  /**
   * The pulling thread; null if none is inside. Only the pulling thread finds itself here, so no
   * fence is needed for that. Another thread may read null or an earlier thread, which only affects
   * an error message.
   */
  private @Nullable Thread puller;

  /** What may interrupt the current call; null if only the closing thread may. */
  private volatile @Nullable Interruption interruption;

  private volatile Runnable cleanUp = () -> {};
  private volatile BooleanSupplier leaving = () -> false;

  /**
   * Makes a guard with no thread inside.
   *
   * @param signal raised when the pulling thread leaves
   * @param stream the stream's name, for errors
   * @param closing whether the stream is closing, so that nothing new begins
   * @param over makes the exception for the pulling thread then
   */
  public PullGuard(
      Signal signal,
      String stream,
      BooleanSupplier closing,
      Supplier<? extends RuntimeException> over) {
    this.signal = signal;
    this.stream = stream;
    this.closing = closing;
    this.over = over;
  }

  /**
   * Sets what closes the connection and the source on the pulling thread, if the closing thread
   * could not wait for it. Called once, before the stream is used.
   */
  public void onAbandoned(Runnable cleanUp) {
    this.cleanUp = cleanUp;
  }

  /**
   * Sets what says whether the thread inside is about to leave, so that others wait for it. Called
   * once, before the stream is used.
   */
  public void onLeaving(BooleanSupplier leaving) {
    this.leaving = leaving;
  }

  /**
   * Lets the calling thread in as the pulling thread, or throws if another one is inside. Waits up
   * to 1 s for one that is about to leave.
   */
  public void enter() throws InterruptedException {
    Use now = use.compareAndExchange(Use.FREE, Use.PULLING);
    if (now != Use.FREE && leaving.getAsBoolean() && !isMine()) {
      signal.await(() -> use.get() == Use.FREE || isGone() || !leaving.getAsBoolean(), LEAVE_GRACE);
      now = use.compareAndExchange(Use.FREE, Use.PULLING);
    }
    if (now != Use.FREE) {
      throw refused(now);
    }
    puller = Thread.currentThread();
  }

  /** Lets the pulling thread out. Returns false if the stream was closed meanwhile. */
  public boolean exit() {
    puller = null;
    Use now = use.compareAndExchange(Use.PULLING, Use.FREE);
    if (now == Use.PULLING) {
      signal.raise();
      return true;
    }
    cleanUpIfAbandoned(now);
    return false;
  }

  /** Runs a call of the pulling thread that may block. */
  public <T extends @Nullable Object, X extends Exception> T call(Use what, Call<T, X> call)
      throws X {
    if (!use.compareAndSet(Use.PULLING, what)) {
      throw over.get();
    }
    T result;
    try {
      // close() sets its state and then looks at the guard; this is the other order, so one sees
      // the other.
      if (what != Use.RECEIVING && closing.getAsBoolean()) {
        throw over.get();
      }
      result = call.call();
    } finally {
      back(what);
    }
    if (what != Use.HANDLING && use.get() == Use.TAKEN) {
      throw over.get();
    }
    return result;
  }

  /**
   * Runs a wait of the pulling thread for handlers on other threads, which a close does not cut
   * short. If the closing thread has left before, the pulling thread cleans up first.
   */
  public void drain(Runnable wait) {
    boolean marked = use.compareAndSet(Use.PULLING, Use.DRAINING);
    if (!marked) {
      cleanUpIfAbandoned(use.get());
    }
    try {
      wait.run();
    } finally {
      if (marked) {
        back(Use.DRAINING);
      }
    }
  }

  /** Makes an interruption for the next call, and for no other. */
  public Interruption interruption() {
    Interruption next = new Interruption();
    interruption = next;
    return next;
  }

  private void back(Use from) {
    Use now = use.compareAndExchange(from, Use.PULLING);
    while (now == Use.INTERRUPTING) {
      Thread.onSpinWait();
      now = use.compareAndExchange(from, Use.PULLING);
    }
    if (now == Use.INTERRUPTED) {
      now = use.compareAndExchange(Use.INTERRUPTED, Use.PULLING);
      Thread.interrupted();
      signal.raise();
    }
    cleanUpIfAbandoned(now);
  }

  private void cleanUpIfAbandoned(Use now) {
    if (isAbandoned(now)) {
      if (now == Use.ABANDONED_INTERRUPTED) {
        Thread.interrupted();
      }
      use.set(Use.TAKEN);
      cleanUp.run();
    }
  }

  /**
   * Returns whether the pulling thread waits in the connection, so that only a wake-up reaches it.
   */
  public boolean isReceiving() {
    return use.get() == Use.RECEIVING;
  }

  /** Returns whether the caller is the pulling thread. */
  public boolean isMine() {
    return puller == Thread.currentThread() && use.get() != Use.FREE && use.get() != Use.TAKEN;
  }

  /** Waits for the pulling thread, interrupts it where that is allowed, and takes over. */
  public Handover take(Duration timeout, StreamRuntime runtime) {
    Duration half = timeout.dividedBy(2);
    Deadline grace = Deadline.in(Durations.min(CONNECT_GRACE, half), runtime);
    Deadline patience = Deadline.in(half, runtime);
    Deadline deadline = Deadline.in(timeout, runtime);
    if (!isMine()) {
      if (!takeFree(grace)) {
        interrupt(EnumSet.of(Use.CONNECTING));
      }
      if (!takeFree(patience)) {
        interrupt(EnumSet.of(Use.CONNECTING, Use.RECEIVING));
      }
      takeFree(deadline);
    }
    while (true) {
      Use now = settledUse();
      Handover how = handover(now);
      if (use.compareAndSet(now, left(how, now))) {
        return how;
      }
    }
  }

  private static Use left(Handover how, Use was) {
    if (how == Handover.TAKEN) {
      return Use.TAKEN;
    }
    return was == Use.INTERRUPTED || was == Use.ABANDONED_INTERRUPTED
        ? Use.ABANDONED_INTERRUPTED
        : Use.ABANDONED;
  }

  private static boolean isAbandoned(Use now) {
    return now == Use.ABANDONED || now == Use.ABANDONED_INTERRUPTED;
  }

  private Handover handover(Use now) {
    return switch (now) {
      case CONNECTING, RECEIVING, INTERRUPTING, INTERRUPTED -> Handover.LEFT;
      case PULLING -> isMine() ? Handover.TAKEN : Handover.LEFT;
      case FREE, HANDLING, DRAINING, TAKEN -> Handover.TAKEN;
      // Another closing thread has left before, and the pulling thread is still inside.
      case ABANDONED, ABANDONED_INTERRUPTED -> Handover.LEFT;
    };
  }

  private boolean takeFree(Deadline deadline) {
    return UninterruptibleWait.await(
        signal, () -> use.compareAndSet(Use.FREE, Use.TAKEN) || isGone(), deadline);
  }

  /** Returns whether another thread has taken over, or has left. */
  private boolean isGone() {
    Use now = use.get();
    return now == Use.TAKEN || isAbandoned(now);
  }

  private void interrupt(Set<Use> where) {
    Use now = settledUse();
    if (where.contains(now) && use.compareAndSet(now, Use.INTERRUPTING)) {
      use.set(interruptPuller());
    }
  }

  private Use interruptPuller() {
    Thread inside = puller;
    if (inside != null) {
      inside.interrupt();
    }
    return Use.INTERRUPTED;
  }

  /** Returns what the guard is used for, once no interrupt is under way, which takes no time. */
  private Use settledUse() {
    Use now = use.get();
    while (now == Use.INTERRUPTING) {
      Thread.onSpinWait();
      now = use.get();
    }
    return now;
  }

  private RuntimeException refused(Use now) {
    if (now == Use.TAKEN || isAbandoned(now)) {
      return over.get();
    }
    Thread other = puller;
    if (other == Thread.currentThread()) {
      return new IllegalStateException(
          "Cannot read from stream \""
              + stream
              + "\": its handler is running. Return from the handler to get the next event.");
    }
    return new IllegalStateException(
        "Cannot read from stream \""
            + stream
            + "\": "
            + (other == null ? "another thread" : "thread " + other.getName())
            + " reads from it now. Let one thread read, and pass deliveries to the others.");
  }
}
