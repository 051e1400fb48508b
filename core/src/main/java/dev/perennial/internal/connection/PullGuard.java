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
 * Who may call the source and its connection: one thread at a time, the one that pulls, until the
 * one that closes takes the seat for good. One word says who sits and what it is doing, so that
 * {@code connect}, {@code receive} and {@code close} never overlap, and an interrupt hits nothing
 * but the call that it is meant for.
 */
public final class PullGuard {

  /** What the seat is used for. */
  public enum Use {
    /** Nobody sits. */
    FREE,
    /** The puller, in the engine or in a call that does not block. */
    PULLING,
    /**
     * The puller, inside the source: finding out where to begin or go on, connecting, closing a
     * lost connection.
     */
    CONNECTING,
    /** The puller, waiting inside the connection. */
    RECEIVING,
    /** The puller, inside the application's handler. */
    HANDLING,
    /** The puller, inside the source or connection, while somebody interrupts it. */
    INTERRUPTING,
    /** The puller, inside the source or connection, interrupted by the closer or a timer. */
    INTERRUPTED,
    /** The closer, for good. */
    TAKEN,
    /** The puller; the closer has gone without waiting, so the puller cleans up. */
    ABANDONED,
    /** The same, and the closer's interrupt is still to be cleared. */
    ABANDONED_INTERRUPTED
  }

  /** How the closer came by the seat. */
  public enum Handover {
    /** The seat is the closer's, and so are the connection and the source. */
    TAKEN,
    /** The puller is inside the source or connection, touches nothing else, and cleans up. */
    LEFT_INSIDE,
    /** The puller is about in the engine, and cleans up. */
    LEFT_PULLING
  }

  /**
   * An interrupt of one call from another thread, which hits that call or nothing. Made before the
   * call and ended after it by the puller.
   */
  public final class Interruption {
    private volatile boolean happened;

    private Interruption() {}

    /** Interrupts the call, unless it is over or being interrupted already. */
    void interrupt() {
      if (use.compareAndSet(Use.CONNECTING, Use.INTERRUPTING)) {
        // Whoever is inside stays until we have left INTERRUPTING, but may be in a later call.
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
   * How long the closer leaves a thread alone that is inside {@code start}, {@code connect} or
   * {@code recover}.
   */
  private static final Duration CONNECT_GRACE = Duration.ofSeconds(1);

  private final AtomicReference<Use> use = new AtomicReference<>(Use.FREE);
  private final Signal signal;
  private final String stream;
  private final BooleanSupplier closing;
  private final Supplier<? extends RuntimeException> over;

  /**
   * Who sits; null where nobody does. A thread finds itself here only while it sits, and whoever
   * finds the seat in use for a call finds the thread that is in it, so it needs no fence of its
   * own.
   */
  private @Nullable Thread puller;

  /** What may interrupt the call that the puller is in; null if nothing but the closer. */
  private volatile @Nullable Interruption interruption;

  private volatile Runnable cleanUp = () -> {};

  /**
   * @param signal raised when the puller leaves
   * @param stream the stream's name, for errors
   * @param closing whether the stream is closing, and nothing new is begun
   * @param over what the puller is told then, or when the seat was taken
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
   * Sets what closes the connection and the source, in the pulling thread, when the closer could
   * not wait for it. Called once, before the stream is used.
   */
  public void onAbandoned(Runnable cleanUp) {
    this.cleanUp = cleanUp;
  }

  /** The puller sits down. */
  public void enter() {
    Use now = use.compareAndExchange(Use.FREE, Use.PULLING);
    if (now != Use.FREE) {
      throw refused(now);
    }
    puller = Thread.currentThread();
  }

  /** The puller stands up. False if the seat was taken away meanwhile: the stream is closed. */
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

  /** The puller runs a call that may block. */
  public <T extends @Nullable Object, X extends Exception> T call(Use what, Call<T, X> call)
      throws X {
    if (!use.compareAndSet(Use.PULLING, what)) {
      throw over.get();
    }
    T result;
    try {
      // Who closes looks at the seat after saying so, and we look at that after taking the seat.
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

  /** Makes what can interrupt the next call, and no other. */
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

  /** Whether the puller waits inside the connection, and a wake-up is needed to reach it. */
  public boolean isReceiving() {
    return use.get() == Use.RECEIVING;
  }

  /** Whether the caller is the thread that sits. */
  public boolean isMine() {
    return puller == Thread.currentThread() && use.get() != Use.FREE && use.get() != Use.TAKEN;
  }

  /** The closer waits for the puller, interrupts it where it may, and takes the seat. */
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
      case CONNECTING, RECEIVING, INTERRUPTING, INTERRUPTED -> Handover.LEFT_INSIDE;
      case PULLING -> isMine() ? Handover.TAKEN : Handover.LEFT_PULLING;
      case FREE, HANDLING, TAKEN -> Handover.TAKEN;
      // Another one wanted it before, and the puller is still about.
      case ABANDONED, ABANDONED_INTERRUPTED -> Handover.LEFT_PULLING;
    };
  }

  private boolean takeFree(Deadline deadline) {
    return UninterruptibleWait.await(
        signal, () -> use.compareAndSet(Use.FREE, Use.TAKEN) || isGone(), deadline);
  }

  /** Whether another one took the seat, or gave up waiting for it. */
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

  /** What the seat is used for, once nobody is about to interrupt: that takes no time. */
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
          "the handler of the "
              + stream
              + " stream asks for the next event itself; return from the handler instead");
    }
    return new IllegalStateException(
        "two threads ask the "
            + stream
            + " stream for events, this one and "
            + (other == null ? "another" : other.getName())
            + "; let one thread do so, and hand the deliveries on");
  }
}
