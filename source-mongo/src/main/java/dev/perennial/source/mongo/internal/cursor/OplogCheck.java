package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import com.mongodb.MongoServerException;
import com.mongodb.ServerAddress;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.internal.client.SingleServerSelector;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A check that a server still has the changes after an event's token, for servers that open a
 * cursor there without checking it. It opens a second cursor at the token's time, which the server
 * checks at once. It does so after the stream's cursor was opened: what the oplog contains now, it
 * also contained for that cursor.
 *
 * <p>The answer of another member proves nothing, because its oplog may be longer or shorter. With
 * a client that the source made, the check selects the cursor's own server. With a given client the
 * check repeats the question, and again later, until that server answers. Each source has one, used
 * by one thread at a time.
 */
public final class OplogCheck {

  /**
   * The time between two checks: the interval at which an idle server writes a no-op to its oplog
   * (periodicNoopIntervalSecs).
   */
  static final Duration INTERVAL = Duration.ofSeconds(10);

  /**
   * The number of attempts of one check. With the read preference nearest and three members, the
   * cursor's own server is not among ten answers in 2 % of cases.
   */
  static final int MOST_TRIES = 10;

  private final CursorOpener opener;
  private final SingleServerSelector selector;
  private final StreamRuntime runtime;
  private long lastCheck;

  public OplogCheck(CursorOpener opener, SingleServerSelector selector, StreamRuntime runtime) {
    this.opener = opener;
    this.selector = selector;
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
  boolean confirms(ResumePosition from, OpenCursor cursor) throws InterruptedException {
    lastCheck = runtime.nanoTime();
    Optional<ResumePosition> time = from.degraded();
    ServerAddress server = cursor.server();
    if (time.isEmpty() || server == null) {
      return false;
    }
    for (int i = 0; i < MOST_TRIES; i++) {
      Optional<ServerAddress> answered = ask(time.get(), server);
      if (answered.isEmpty()) {
        return false;
      }
      if (answered.get().equals(server)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the server that answered: either it opened a cursor at the time, or it is another
   * server than the cursor's and refused. Empty if there was no clear answer.
   */
  private Optional<ServerAddress> ask(ResumePosition time, ServerAddress server)
      throws InterruptedException {
    OpenCursor probe;
    try {
      probe = selector.to(server, () -> opener.probe(time));
    } catch (MongoException e) {
      ServerAddress refusing = addressOf(e);
      if (!MongoErrors.isPositionLost(e) || refusing == null) {
        // Either the server opened the cursor and could not return an oversized event, or the error
        // is transient and a later check asks again.
        return Optional.empty();
      }
      if (refusing.equals(server)) {
        throw e;
      }
      return Optional.of(refusing);
    }
    Optional<ServerAddress> opened = Optional.ofNullable(probe.server());
    probe.close(Duration.ZERO);
    return opened;
  }

  private static @Nullable ServerAddress addressOf(MongoException error) {
    return error instanceof MongoServerException server ? server.getServerAddress() : null;
  }
}
