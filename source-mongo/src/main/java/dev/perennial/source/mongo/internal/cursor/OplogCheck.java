package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.Optional;

/**
 * A check that a server still has the changes after an event's token, for servers that open a
 * cursor there without checking it. It opens a second cursor at the token's time, which the server
 * checks at once. It does so after the stream's cursor was opened: what the oplog contains now, it
 * also contained for that cursor.
 *
 * <p>The answer of another member proves nothing, because its oplog may be longer or shorter, so
 * the check goes to the cursor's own server. With a given client that is the primary; if an
 * election gives the check another one, the next getMore fails, so a check counts only from the
 * next reply on. Each source has one, used by one thread at a time.
 */
public final class OplogCheck {

  /**
   * The time between two checks: the interval at which an idle server writes a no-op to its oplog
   * (periodicNoopIntervalSecs).
   */
  static final Duration INTERVAL = Duration.ofSeconds(10);

  private final CursorOpener opener;
  private final StreamRuntime runtime;
  private long lastCheck;

  public OplogCheck(CursorOpener opener, StreamRuntime runtime) {
    this.opener = opener;
    this.runtime = runtime;
  }

  /** Returns whether the next check is due. */
  boolean isDue() {
    return runtime.nanoTime() - lastCheck >= INTERVAL.toNanos();
  }

  /**
   * Asks the server whether it still has the changes after a position.
   *
   * @param from the position at which the cursor was opened
   * @return true if the cursor's server has them; false if that stays unknown
   * @throws MongoException if the cursor's server no longer has them
   */
  boolean confirms(ResumePosition from, OpenCursor cursor)
      throws MongoSourceException, InterruptedException {
    lastCheck = runtime.nanoTime();
    Optional<ResumePosition> time = from.degraded();
    if (time.isEmpty()) {
      return false;
    }
    try {
      opener.probe(time.get(), cursor.server()).close();
      return true;
    } catch (MongoException e) {
      if (MongoErrors.isPositionLost(e)) {
        throw e;
      }
      // Either the server opened the cursor and could not return an oversized event, or the error
      // is transient and a later check asks again.
      return false;
    }
  }
}
