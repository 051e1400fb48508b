package dev.perennial.source.mongo;

import com.mongodb.MongoException;
import dev.perennial.port.Recovery;
import dev.perennial.source.mongo.HistoryLostPolicies.RestartAt;
import dev.perennial.source.mongo.MongoListener.HistoryLost;
import dev.perennial.source.mongo.MongoListener.TokenRejected;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * How a stream goes on when the server does not take its position. A token that is not accepted is
 * replaced by its time, once, from which nothing is missing; if the server does not have that time
 * any more either, or comes from there to the same token, changes are lost, and the application's
 * policy decides.
 */
final class History {

  private final HistoryLostPolicy policy;
  private final ServerTime server;
  private final MongoListener listener;

  /** The token that was replaced by its time last. */
  private @Nullable MongoPosition replaced;

  History(HistoryLostPolicy policy, ServerTime server, MongoListener listener) {
    this.policy = policy;
    this.server = server;
    this.listener = listener;
  }

  Recovery<ChangeEvent, MongoPosition> recover(MongoPosition lost, Throwable cause)
      throws MongoSourceException, InterruptedException {
    // A position that is a time has been replaced already, or never had a token.
    if (lost.token().isPresent() && MongoErrors.isTokenRejected(cause) && !lost.equals(replaced)) {
      Optional<MongoPosition> time = lost.degraded();
      if (time.isPresent()) {
        replaced = lost;
        listener.onTokenRejected(new TokenRejected(lost, time.get(), cause));
        return Recovery.restart(time.get());
      }
    }
    if (policy instanceof HistoryLostPolicies.Fail) {
      listener.onHistoryLost(new HistoryLost(lost, cause, Optional.empty()));
      return Recovery.stop();
    }
    BsonTimestamp now = server.next();
    MongoPosition next = MongoPosition.ofTime(now);
    StreamGap gap = gap(lost, now, cause);
    if (policy instanceof RestartAt restart) {
      next = Starts.position(restart.start(gap), server);
      // Of a token whose time is not known, all until now may be missing.
      gap = gap(lost, next.clusterTime().orElse(now), cause);
    }
    listener.onHistoryLost(new HistoryLost(lost, cause, Optional.of(gap)));
    return Recovery.restart(next, gap);
  }

  private static StreamGap gap(MongoPosition lost, BsonTimestamp to, Throwable cause) {
    String reason =
        cause instanceof MongoException error
            ? error.getCode() + ": " + error.getMessage()
            : String.valueOf(cause.getMessage());
    return new StreamGap(lost.clusterTime(), to, reason);
  }
}
