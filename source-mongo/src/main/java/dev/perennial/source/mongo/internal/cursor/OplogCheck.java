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
 * Check that a server still has what comes after an event's token, for servers that open a cursor
 * there without saying so. Opens a cursor at the token's time, which the server checks at once, and
 * does so after the stream's cursor was opened: what is there now was there for that cursor too.
 *
 * <p>Another member's answer says nothing, because its oplog may be longer or shorter. With a
 * client that the source made, the cursor's own server is asked. With a given client the question
 * is asked several times, and again later, until that server happens to answer. Belongs to one
 * source and the thread that uses it.
 */
public final class OplogCheck {

  /** As often as an idle server says how far it has read (periodicNoopIntervalSecs). */
  static final Duration INTERVAL = Duration.ofSeconds(10);

  /**
   * How often it is asked in a row. With the read preference nearest and three members, the
   * cursor's own is not among ten answers in 2 of 100 cases.
   */
  static final int MOST_TRIES = 10;

  private final CursorOpener opener;
  private final SingleServerSelector selector;
  private final StreamRuntime runtime;
  private long asked;

  public OplogCheck(CursorOpener opener, SingleServerSelector selector, StreamRuntime runtime) {
    this.opener = opener;
    this.selector = selector;
    this.runtime = runtime;
  }

  /** Whether so long has passed since it was last asked that it may be again. */
  boolean isDue() {
    return runtime.nanoTime() - asked >= INTERVAL.toNanos();
  }

  /**
   * Asks.
   *
   * @param from where the cursor was opened
   * @return whether it is known now that its server has what comes after that
   * @throws MongoException if it is known that it has not
   */
  boolean confirms(ResumePosition from, OpenCursor cursor) throws InterruptedException {
    asked = runtime.nanoTime();
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
   * The server that has what comes from a time on, or does not but is another; empty if neither.
   */
  private Optional<ServerAddress> ask(ResumePosition time, ServerAddress server)
      throws InterruptedException {
    OpenCursor probe;
    try {
      probe = selector.to(server, () -> opener.probe(time));
    } catch (MongoException e) {
      ServerAddress refusing = addressOf(e);
      if (!MongoErrors.isPositionLost(e) || refusing == null) {
        // It opened, and stumbled over what is too large to be returned; or is to be asked later.
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
