package dev.perennial.source.mongo;

import com.mongodb.ServerCursor;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoChangeStreamCursor;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cursor as it was opened.
 *
 * @param session what it is in, for itself
 * @param from where
 * @param id what the server called it; 0 if it has already ended
 * @param scanChecksStart whether the server finds out by itself that it no longer has what comes
 *     after a token
 */
record OpenCursor(
    MongoChangeStreamCursor<EventBytes> cursor,
    ClientSession session,
    MongoPosition from,
    long id,
    boolean scanChecksStart) {

  private static final Logger LOG = LoggerFactory.getLogger(MongoSource.class);

  /** How long killing a cursor is waited for at the least. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  /** What a server calls no cursor. */
  static final long ENDED = 0;

  static long id(MongoChangeStreamCursor<?> cursor) {
    ServerCursor server = cursor.getServerCursor();
    return server == null ? ENDED : server.getId();
  }

  /** Whether the driver has opened another cursor in place of the one with that id, or tried to. */
  static boolean isReplaced(MongoChangeStreamCursor<?> cursor, long id) {
    try {
      long now = id(cursor);
      return now != ENDED && now != id;
    } catch (IllegalStateException e) {
      // It tried to, and could not.
      return true;
    }
  }

  /** Kills the cursor on the server. */
  void close(Duration atMost, StreamRuntime runtime) throws InterruptedException {
    close(cursor, session, atMost, runtime);
  }

  /**
   * Kills a cursor on the server. Hangs where the network does, so it is left to a thread of the
   * runtime's.
   *
   * @param session what it is in, closed with it; null if the driver sees to that
   * @param atMost how long to wait for it, if that is longer than a second
   */
  static void close(
      MongoChangeStreamCursor<?> cursor,
      @Nullable ClientSession session,
      Duration atMost,
      StreamRuntime runtime)
      throws InterruptedException {
    AtomicBoolean closed = new AtomicBoolean();
    StreamRuntime.Signal signal = runtime.newSignal();
    runtime.execute(() -> {
      try {
        cursor.close();
      } catch (RuntimeException e) {
        LOG.debug("a cursor could not be closed; the server will, when it was idle for long", e);
      } finally {
        if (session != null) {
          // Afterwards, since killing a cursor needs it. Asks no server.
          session.close();
        }
        closed.set(true);
        signal.raise();
      }
    });
    signal.await(closed::get, atMost.compareTo(CLOSE_LIMIT) > 0 ? atMost : CLOSE_LIMIT);
  }
}
