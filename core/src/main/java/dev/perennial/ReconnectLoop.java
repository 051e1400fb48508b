package dev.perennial;

import dev.perennial.Seat.Use;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a connection open: the only place that connects, waits and tries again. Everything but
 * {@code wakeUp} is for the thread that sits.
 */
final class ReconnectLoop<E, P extends Position> {

  /**
   * The longest that a connection is asked to wait at a time, so that it sees what no wake-up
   * reaches it for.
   */
  private static final Duration RECEIVE_SLICE = Duration.ofMillis(500);

  private final Feed<E, P> feed;
  private final StreamOptions options;
  private final Seat seat;
  private final SourceCalls calls;
  private final Lifecycle lifecycle;
  private final Waiting waiting;
  private final Observer observer;
  private final StreamRuntime runtime;
  private final ConnectionFailures failures;
  private final BooleanSupplier interesting;
  private final LongConsumer idle;

  /** The connection, from when it is open until it is closed and what that means is decided. */
  private volatile @Nullable Session<E, P> session;

  /**
   * What was received and is not in the window. Until it is taken, every call gives it, so that no
   * error on the way there loses it.
   */
  private @Nullable Received<E, P> arrived;

  /** Why the last attempt to connect failed, until it is decided what that means. */
  private @Nullable Throwable attemptFailed;

  /** The newest connection, also after its end: acks still go to it. */
  private volatile @Nullable Session<E, P> newest;

  /**
   * @param interesting whether there is something to do that needs no connection, so that waiting
   *     for one is pointless
   * @param idle told the time when a connection had nothing to give
   */
  ReconnectLoop(
      Feed<E, P> feed,
      StreamOptions options,
      Seat seat,
      SourceCalls calls,
      Lifecycle lifecycle,
      Waiting waiting,
      Observer observer,
      BooleanSupplier interesting,
      LongConsumer idle) {
    this.feed = feed;
    this.options = options;
    this.seat = seat;
    this.calls = calls;
    this.lifecycle = lifecycle;
    this.waiting = waiting;
    this.observer = observer;
    this.interesting = interesting;
    this.idle = idle;
    this.runtime = options.runtime();
    this.failures = new ConnectionFailures(options, feed, lifecycle, observer);
  }

  /** What comes before anything that is received, from no connection: the notice of a restart. */
  @Nullable Received<E, P> notice() {
    return feed.notice();
  }

  /** Notes that the notice is in the window. */
  void noticeTaken() {
    feed.noticeTaken();
  }

  /** Notes that what was received is in the window, or need not be. */
  void taken() {
    arrived = null;
  }

  /** What has arrived, and arrives again until it is {@link #taken}. Does no I/O. */
  @Nullable Received<E, P> receiveNow() throws InterruptedException {
    Session<E, P> live = live();
    return live == null ? null : receive(live, Duration.ZERO);
  }

  /** The connection that the stream is live with; null if there is none. */
  private @Nullable Session<E, P> live() {
    return lifecycle.state() == StreamState.LIVE ? session : null;
  }

  /**
   * What comes next, and comes again until it is {@link #taken}; null if the time is over, or
   * something needs to be looked at first. Takes one step: towards a connection where there is
   * none, and otherwise in receiving.
   */
  @Nullable Received<E, P> receive(Deadline deadline) throws InterruptedException {
    Session<E, P> live = live();
    Received<E, P> received = receiveNow();
    if (received != null) {
      return received;
    }
    if (live == null) {
      step(deadline, interesting);
      return null;
    }
    Duration timeout = deadline.remaining(RECEIVE_SLICE);
    if (session == null || timeout.isZero()) {
      return null;
    }
    received = receive(live, timeout);
    if (received == null && session != null) {
      idle.accept(runtime.nanoTime());
    }
    return received;
  }

  /** What the stream waits for, or does, until it is connected. */
  Pending pending() {
    return feed.pending()
        .orElseGet(() -> new Pending("a connection to " + options.source(), failures.last()));
  }

  /** Makes a blocked receive return soon. Any thread. */
  void wakeUp() {
    Session<E, P> live = session;
    if (live != null) {
      live.wakeUp();
    }
  }

  /** How many acks the newest connection has not written, open or not. Any thread. */
  int unsent() {
    Session<E, P> last = newest;
    return last == null ? 0 : last.unsent();
  }

  /**
   * One step towards a connection.
   *
   * @param meanwhile what makes waiting pointless
   */
  void step(Deadline deadline, BooleanSupplier meanwhile) throws InterruptedException {
    switch (lifecycle.state()) {
      case NEW -> lifecycle.move(Move.to(feed.firstState()));
      case CLAIMING -> {
        if (feed.claim(deadline)) {
          lifecycle.move(Move.to(StreamState.CONNECTING));
        }
      }
      case CONNECTING -> connect(deadline);
      case BACKING_OFF -> {
        Deadline until = failures.retry();
        waiting.await(meanwhile, deadline.remaining(until.remaining()));
        if (until.isOver()) {
          failures.retrying();
          lifecycle.move(Move.to(StreamState.CONNECTING));
        }
      }
      default -> {
        lifecycle.check();
        throw new IllegalStateException(
            "a stream that is " + lifecycle.state() + " is not on its way to a connection");
      }
    }
  }

  private void connect(Deadline deadline) throws InterruptedException {
    if (session == null && attemptFailed == null) {
      try {
        if (!feed.prepare(deadline)) {
          return;
        }
        calls.call("connect", this::open);
      } catch (Throwable e) {
        rethrowIfNotTheSources(e);
        attemptFailed = e;
      }
    }
    Throwable failure = attemptFailed;
    if (failure != null) {
      failures.failed(Optional.empty(), false, failure);
      attemptFailed = null;
      return;
    }
    lifecycle.move(Move.live(failures.count()));
    if (failures.connected()) {
      observer.reconnected();
    }
  }

  private Session<E, P> open() throws Exception {
    Connection<E, P> connection = feed.connect();
    try {
      Session<E, P> opened = new Session<>(connection, runtime.nanoTime(), observer);
      newest = opened;
      session = opened;
      return opened;
    } catch (Throwable e) {
      Session.closeQuietly(connection, Duration.ZERO, observer);
      throw e;
    }
  }

  private @Nullable Received<E, P> receive(Session<E, P> live, Duration timeout)
      throws InterruptedException {
    if (arrived == null && live.brokenBy() == null) {
      try {
        arrived =
            timeout.isZero()
                ? live.receive(timeout)
                : seat.use(Use.RECEIVING, () -> await(live, timeout));
      } catch (Throwable e) {
        rethrowIfNotTheSources(e);
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
      feed.received(event.position());
    } else if (received instanceof Received.Progress<E, P> progress) {
      feed.received(progress.position());
      proved();
    } else if (received instanceof Received.End) {
      if (!feed.takesAcks()) {
        close(live);
      }
      lifecycle.move(Move.ended(live.age(runtime.nanoTime())));
      if (!feed.takesAcks()) {
        session = null;
      }
    }
    return received;
  }

  /**
   * Whoever brings something about looks at the seat after that, and we look at that after taking
   * the seat.
   */
  private @Nullable Received<E, P> await(Session<E, P> live, Duration timeout) throws Exception {
    boolean pointless = lifecycle.isOver() || interesting.getAsBoolean();
    return live.receive(pointless ? Duration.ZERO : timeout);
  }

  /** Notes that the connection gave something that was wanted. */
  void proved() {
    Session<E, P> live = session;
    if (live != null && live.prove()) {
      failures.proved();
    }
  }

  private void lost(Session<E, P> live, Throwable cause) {
    Duration age = live.age(runtime.nanoTime());
    if (age.compareTo(options.stableAfter()) >= 0) {
      proved();
    }
    close(live);
    failures.failed(Optional.of(age), live.isProved(), cause);
    session = null;
  }

  private void close(Session<E, P> live) {
    boolean closed = seat.use(Use.CONNECTING, () -> live.closeQuietly(Duration.ZERO));
    int unsent = closed ? live.unsent() : 0;
    if (unsent > 0) {
      observer.acksUnsent(unsent);
    }
  }

  /**
   * What is the caller's, not the source's: an interrupt, and that the stream is dead or closed.
   */
  private void rethrowIfNotTheSources(Throwable e) throws InterruptedException {
    lifecycle.check();
    if (e instanceof InterruptedException interrupt) {
      throw interrupt;
    }
  }

  /** Closes the connection of a stream that died of something else. */
  void giveUp() {
    Session<E, P> live = session;
    if (live != null && !feed.takesAcks()) {
      close(live);
      session = null;
    }
  }

  /** Hands the connection over, if one is open, to whoever took the seat and closes it. */
  @Nullable Session<E, P> detach() {
    Session<E, P> live = session;
    session = null;
    return live;
  }
}
