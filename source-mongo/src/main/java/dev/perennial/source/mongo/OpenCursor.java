package dev.perennial.source.mongo;

import com.mongodb.ServerAddress;
import com.mongodb.ServerCursor;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoChangeStreamCursor;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A cursor of the driver's, which may open another one in its place while it is read. */
final class OpenCursor {

  private static final Logger LOG = LoggerFactory.getLogger(MongoSource.class);

  /** How long killing a cursor is waited for at the least. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private static final String NOT_CLOSED =
      "a cursor could not be closed; the server will, when it was idle for long";

  /** What a server calls no cursor. */
  private static final long ENDED = 0;

  private final MongoChangeStreamCursor<EventBytes> driver;
  private final @Nullable ClientSession session;
  private final ResumeWatch watch;
  private final StreamRuntime runtime;

  /** What the server called it, or that in its place which was accepted. */
  private long id;

  /**
   * @param session what it is in, closed with it; null if the driver sees to that
   */
  OpenCursor(
      MongoChangeStreamCursor<EventBytes> driver,
      @Nullable ClientSession session,
      ResumeWatch watch,
      StreamRuntime runtime) {
    this.driver = driver;
    this.session = session;
    this.watch = watch;
    this.runtime = runtime;
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
   * @throws MongoSourceException.ResumeStorm if it does so again and again
   */
  @Nullable EventBytes tryNext() throws MongoSourceException, InterruptedException {
    if (available() > 0) {
      return Interrupts.call(driver::tryNext);
    }
    long before = idNow();
    return watch.within(driver::tryNext, () -> isOther(before), session);
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
   * Kills it on the server. Hangs where the network does, so that is left to a thread of the
   * runtime's.
   *
   * @param atMost how long to wait for it, if that is longer than a second
   */
  void close(Duration atMost) throws InterruptedException {
    AtomicBoolean closed = new AtomicBoolean();
    StreamRuntime.Signal signal = runtime.newSignal();
    try {
      runtime.execute(() -> {
        kill();
        closed.set(true);
        signal.raise();
      });
    } catch (Throwable e) {
      // Such as that there can be no more threads, of which no stream has to die.
      LOG.debug(NOT_CLOSED, e);
      closeSession();
      return;
    }
    signal.await(closed::get, atMost.compareTo(CLOSE_LIMIT) > 0 ? atMost : CLOSE_LIMIT);
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
