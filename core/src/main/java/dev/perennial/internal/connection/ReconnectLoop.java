package dev.perennial.internal.connection;

import dev.perennial.StreamState;
import dev.perennial.internal.connection.PullGuard.Use;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StateChange;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.window.Window;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a connection open, one step at each call: it connects, receives, notices a loss, and waits
 * before it connects again. Called by the pulling thread, except where a method says otherwise.
 */
public final class ReconnectLoop<E, P extends Position> {

  /**
   * The longest single wait in a connection, so that a missed wake-up delays it by no more than
   * this.
   */
  private static final Duration RECEIVE_SLICE = Duration.ofMillis(500);

  private final SourceTracking<E, P> tracking;
  private final SourceCalls calls;
  private final PullGuard guard;
  private final Window<E, P> window;
  private final StreamContext context;
  private final Lifecycle lifecycle;
  private final ConnectionFailures failures;

  /** The connection, from its opening until it is closed and its end is handled. */
  private volatile @Nullable OpenConnection<E, P> current;

  /**
   * What was received and is not in the window yet. Every call returns it until it is taken, so
   * that an error on the way does not lose it.
   */
  private @Nullable Received<E, P> arrived;

  /** The error of the last attempt, until it is handled. */
  private @Nullable Throwable attemptFailed;

  /** The newest connection, also after its end, because acks still go to it. */
  private volatile @Nullable OpenConnection<E, P> newest;

  public ReconnectLoop(
      SourceTracking<E, P> tracking,
      SourceCalls calls,
      PullGuard guard,
      Window<E, P> window,
      StreamContext context) {
    this.tracking = tracking;
    this.calls = calls;
    this.guard = guard;
    this.window = window;
    this.context = context;
    this.lifecycle = context.lifecycle();
    this.failures = new ConnectionFailures(tracking, context);
  }

  /** Returns the oldest notice of a restart, which comes before anything that is received. */
  public @Nullable Received<E, P> notice() {
    return tracking.notice();
  }

  /** Notes that the notice is in the window. */
  public void noticeTaken() {
    tracking.noticeTaken();
  }

  /** Notes that what was received is in the window, or is dropped. */
  public void taken() {
    arrived = null;
  }

  /**
   * Returns what has arrived, again and again until it is {@link #taken}; null also while a notice
   * waits. Does no I/O.
   */
  public @Nullable Received<E, P> receiveNow() throws InterruptedException {
    OpenConnection<E, P> live = live();
    return live == null ? null : receive(live, Duration.ZERO);
  }

  /** Returns the connection of a stream that is live; null if it is not. */
  private @Nullable OpenConnection<E, P> live() {
    return lifecycle.state() == StreamState.LIVE ? current : null;
  }

  /**
   * Connects one step if there is no connection; otherwise receives. Returns what was received,
   * again and again until it is {@link #taken}; null if the time is over or there is something else
   * to do first.
   */
  public @Nullable Received<E, P> receive(Deadline deadline) throws InterruptedException {
    OpenConnection<E, P> live = live();
    if (live == null) {
      step(deadline, window::isNackedDue);
      return null;
    }
    Received<E, P> received = receive(live, Duration.ZERO);
    if (received != null) {
      return received;
    }
    Duration timeout = deadline.remaining(RECEIVE_SLICE);
    if (current == null || timeout.isZero()) {
      return null;
    }
    received = receive(live, timeout);
    if (received == null && current != null) {
      window.idle(context.runtime().nanoTime());
    }
    return received;
  }

  /** Returns what the stream waits for until it is connected. */
  public AwaitedStep pending() {
    return tracking
        .pending()
        .orElseGet(() ->
            new AwaitedStep("a connection to " + context.options().source(), failures.last()));
  }

  /** Ends a blocked receive. Any thread. */
  public void wakeUp() {
    OpenConnection<E, P> live = current;
    if (live != null) {
      live.wakeUp();
    }
  }

  /** Returns how many acks the newest connection has not written, open or not. Any thread. */
  public int unsent() {
    OpenConnection<E, P> last = newest;
    return last == null ? 0 : last.unsent();
  }

  /**
   * Takes one step towards a connection.
   *
   * @param meanwhile what ends a wait early
   */
  public void step(Deadline deadline, BooleanSupplier meanwhile) throws InterruptedException {
    switch (lifecycle.state()) {
      case NEW -> lifecycle.move(StateChange.to(tracking.firstState()));
      case CLAIMING -> {
        if (tracking.claim(deadline)) {
          lifecycle.move(StateChange.to(StreamState.CONNECTING));
        }
      }
      case CONNECTING -> connect(deadline);
      case BACKING_OFF -> {
        Deadline until = failures.retry();
        context.await(meanwhile, deadline.remaining(until.remaining()));
        if (until.isOver()) {
          failures.retrying();
          lifecycle.move(StateChange.to(StreamState.CONNECTING));
        }
      }
      default -> {
        lifecycle.check();
        throw new IllegalStateException(
            "Cannot connect a stream that is " + lifecycle.state() + ".");
      }
    }
  }

  private void connect(Deadline deadline) throws InterruptedException {
    if (current == null && attemptFailed == null) {
      try {
        if (!tracking.prepare(deadline)) {
          return;
        }
        calls.call("connect", this::open);
      } catch (Throwable e) {
        rethrowCallersOwn(e);
        attemptFailed = e;
      }
    }
    Throwable failure = attemptFailed;
    if (failure != null) {
      failures.failed(Optional.empty(), false, failure);
      attemptFailed = null;
      return;
    }
    lifecycle.move(StateChange.live(failures.count()));
    if (failures.connected()) {
      context.observer().reconnected();
    }
  }

  private OpenConnection<E, P> open() throws Exception {
    Connection<E, P> connection = tracking.connect();
    try {
      OpenConnection<E, P> opened =
          new OpenConnection<>(connection, context.runtime().nanoTime(), context.observer());
      newest = opened;
      current = opened;
      return opened;
    } catch (Throwable e) {
      OpenConnection.closeQuietly(connection, Duration.ZERO, context.observer());
      throw e;
    }
  }

  private @Nullable Received<E, P> receive(OpenConnection<E, P> live, Duration timeout)
      throws InterruptedException {
    if (notice() != null) {
      return null;
    }
    if (arrived == null && live.brokenBy() == null) {
      try {
        arrived =
            timeout.isZero()
                ? live.receive(timeout)
                : guard.call(Use.RECEIVING, () -> await(live, timeout));
      } catch (Throwable e) {
        rethrowCallersOwn(e);
        live.broke(e);
      }
    }
    Throwable broken = live.brokenBy();
    if (broken != null) {
      lost(live, broken);
      return null;
    }
    Received<E, P> received = arrived;
    if (received instanceof Received.Event<E, P> event) {
      tracking.received(event.position());
    } else if (received instanceof Received.Progress<E, P> progress) {
      tracking.received(progress.position());
      proved();
    } else if (received instanceof Received.End) {
      if (!tracking.takesAcks()) {
        close(live);
      }
      lifecycle.move(StateChange.to(StreamState.ENDED));
      if (!tracking.takesAcks()) {
        current = null;
      }
    }
    return received;
  }

  /**
   * Receives, without waiting if there is something else to do. Another thread makes its change and
   * then looks at the guard; this enters the guard and then looks for changes, so none is missed.
   */
  private @Nullable Received<E, P> await(OpenConnection<E, P> live, Duration timeout)
      throws Exception {
    boolean pointless = lifecycle.isOver() || window.isNackedDue();
    return live.receive(pointless ? Duration.ZERO : timeout);
  }

  /** Notes that the connection gave something that was not dropped. */
  public void proved() {
    OpenConnection<E, P> live = current;
    if (live != null && live.prove()) {
      failures.proved();
    }
  }

  private void lost(OpenConnection<E, P> live, Throwable cause) {
    Duration age = live.age(context.runtime().nanoTime());
    if (age.compareTo(context.options().stableAfter()) >= 0) {
      proved();
    }
    close(live);
    failures.failed(Optional.of(age), live.isProved(), cause);
    current = null;
  }

  private void close(OpenConnection<E, P> live) {
    boolean closed = guard.call(Use.CONNECTING, () -> live.closeQuietly(Duration.ZERO));
    int unsent = closed ? live.unsent() : 0;
    if (unsent > 0) {
      context.observer().acksUnsent(unsent);
    }
  }

  /**
   * Throws what belongs to the caller and not to the source: an interrupt, or the end of the
   * stream.
   */
  private void rethrowCallersOwn(Throwable e) throws InterruptedException {
    lifecycle.check();
    if (e instanceof InterruptedException interrupt) {
      throw interrupt;
    }
  }

  /** Closes the connection of a stream that failed for another reason. */
  public void giveUp() {
    OpenConnection<E, P> live = current;
    if (live != null && !tracking.takesAcks()) {
      close(live);
      current = null;
    }
  }

  /** Hands the open connection, if any, to the closing thread. */
  public @Nullable OpenConnection<E, P> detach() {
    OpenConnection<E, P> live = current;
    current = null;
    return live;
  }
}
