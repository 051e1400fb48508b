package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.ServerAddress;
import com.mongodb.ServerCursor;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoChangeStreamCursor;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.Interrupts;
import dev.perennial.source.mongo.internal.event.EventBytes;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A cursor of the driver's, which may open another one in its place while it is read. */
final class OpenCursor {

  private static final Logger LOG = LoggerFactory.getLogger(MongoNotifier.LOGGER);

  /** How long killing a cursor is waited for at the least. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  /**
   * How long an answer is waited for at the least: one that comes at the end of the default
   * maxAwaitTime of 500 ms is there by then.
   */
  private static final Duration ANSWER = Duration.ofMillis(750);

  private static final String NOT_CLOSED =
      "a cursor could not be closed; the server will, when it was idle for long";

  /** What a server calls no cursor. */
  private static final long ENDED = 0;

  private final MongoChangeStreamCursor<EventBytes> driver;
  private final @Nullable ClientSession session;
  private final Duration maxAwait;
  private final ResumeWatch watch;
  private final StreamRuntime runtime;
  private final StreamRuntime.Signal signal;
  private volatile boolean woken;

  /** The call that waits for the server, or whose answer was not taken yet; null if none does. */
  private @Nullable Asking asking;

  /** What the server called it, or that in its place which was accepted. */
  private long id;

  /**
   * @param maxAwait how long the server waits before it answers without an event
   * @param session what it is in, closed with it; null if the driver sees to that
   */
  OpenCursor(
      MongoChangeStreamCursor<EventBytes> driver,
      @Nullable ClientSession session,
      Duration maxAwait,
      ResumeWatch watch,
      StreamRuntime runtime) {
    this.driver = driver;
    this.session = session;
    this.maxAwait = maxAwait;
    this.watch = watch;
    this.runtime = runtime;
    this.signal = runtime.newSignal();
    this.id = idNow();
  }

  /** How many events of the batch are left. */
  int available() {
    return driver.available();
  }

  /**
   * The next event; null if there is none. Asks the server, at most once, if no batch is left; the
   * driver may reopen the cursor meanwhile.
   *
   * @throws MongoSourceException if it does so again and again
   */
  @Nullable EventBytes tryNext() throws MongoSourceException, InterruptedException {
    if (available() > 0) {
      return Interrupts.call(driver::tryNext);
    }
    long before = idNow();
    return watch.within(driver::tryNext, () -> isOther(before), session);
  }

  /** Whether the server was asked and its answer was not taken; until then nothing else may be. */
  boolean isAsking() {
    return asking != null;
  }

  /**
   * Asks the server for the next event, on a thread of the runtime's, since nothing wakes a driver
   * that waits for a server; or waits for the answer to the question before.
   *
   * @param atMost how long to wait; less after {@link #wakeUp}
   * @return whether {@link #answer} has it
   */
  boolean ask(Duration atMost) throws InterruptedException {
    Asking current = asking;
    if (current == null) {
      current = new Asking(idNow());
      asking = current;
      start(current);
    }
    Asking waited = current;
    signal.await(() -> waited.isDone || woken, atMost.isZero() ? atMost : longer(atMost, ANSWER));
    woken = false;
    if (!atMost.isZero() && Thread.interrupted()) {
      // The answer, if it is there, stays for the next call.
      throw new InterruptedException();
    }
    return current.isDone;
  }

  private void start(Asking asked) {
    try {
      runtime.execute(asked);
    } catch (Throwable e) {
      // Such as that there can be no more threads, of which no stream has to die.
      LOG.debug("a server is asked by the thread that waits for it", e);
      asked.run();
    }
  }

  /** The next event; null if there is none. */
  @Nullable EventBytes answer() throws MongoSourceException, InterruptedException {
    Asking answered = Objects.requireNonNull(asking);
    asking = null;
    return answered.event();
  }

  /** Ends {@link #ask} early. Any thread. */
  void wakeUp() {
    woken = true;
    signal.raise();
  }

  /** One call of the driver that asks the server. */
  private final class Asking implements Runnable {

    private final long before;
    private @Nullable EventBytes event;
    private @Nullable Throwable failure;
    private @Nullable Runnable next;
    private volatile boolean isDone;

    Asking(long before) {
      this.before = before;
    }

    @Override
    public void run() {
      try {
        event = watch.within(driver::tryNext, () -> isOther(before), session);
      } catch (Throwable e) {
        failure = e;
      }
      Runnable then;
      synchronized (this) {
        isDone = true;
        then = next;
      }
      signal.raise();
      if (then != null) {
        then.run();
      }
    }

    /** Has something run when the answer is there; false if it is already. */
    synchronized boolean then(Runnable task) {
      if (isDone) {
        return false;
      }
      next = task;
      return true;
    }

    @Nullable EventBytes event() throws MongoSourceException, InterruptedException {
      Throwable thrown = failure;
      if (thrown instanceof MongoSourceException known) {
        throw known;
      }
      if (thrown instanceof InterruptedException interrupt) {
        throw interrupt;
      }
      if (thrown instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (thrown instanceof Error error) {
        throw error;
      }
      return event;
    }
  }

  /** How far it has read: where the last event is, or the end of the batch behind it. */
  @Nullable BsonDocument token() {
    return driver.getResumeToken();
  }

  /** The server that it is on. */
  @Nullable ServerAddress server() {
    return driver.getServerAddress();
  }

  /** Whether the server has ended it, with nothing more to come. */
  boolean isEnded() {
    return idNow() == ENDED;
  }

  /** Whether the driver has opened another cursor in its place, or tried to. */
  boolean isReplaced() {
    return isOther(id);
  }

  /** What the driver has opened in its place is it from now on. */
  void acceptReplacement() {
    id = idNow();
  }

  private boolean isOther(long than) {
    try {
      long now = idNow();
      return now != ENDED && now != than;
    } catch (IllegalStateException e) {
      // It tried to, and could not.
      return true;
    }
  }

  private long idNow() {
    ServerCursor server = driver.getServerCursor();
    return server == null ? ENDED : server.getId();
  }

  /**
   * Kills it on the server, once that has answered what it was asked. Hangs where the network does,
   * so that is left to a thread of the runtime's.
   *
   * @param atMost how long to wait for it, if that is longer than a second; nor much longer than a
   *     server takes that does not hang
   */
  void close(Duration atMost) throws InterruptedException {
    AtomicBoolean closed = new AtomicBoolean();
    Runnable close =
        () -> {
          kill();
          closed.set(true);
          signal.raise();
        };
    try {
      if (asking == null || !asking.then(close)) {
        runtime.execute(close);
      }
    } catch (Throwable e) {
      // Such as that there can be no more threads, of which no stream has to die.
      LOG.debug(NOT_CLOSED, e);
      closeSession();
      return;
    }
    Duration answered = maxAwait.plus(CLOSE_LIMIT);
    signal.await(
        closed::get, atMost.compareTo(answered) > 0 ? answered : longer(atMost, CLOSE_LIMIT));
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  private void kill() {
    try {
      driver.close();
    } catch (RuntimeException e) {
      LOG.debug(NOT_CLOSED, e);
    } finally {
      // Afterwards, since killing a cursor needs it.
      closeSession();
    }
  }

  /** Asks no server. */
  private void closeSession() {
    if (session != null) {
      session.close();
    }
  }
}
