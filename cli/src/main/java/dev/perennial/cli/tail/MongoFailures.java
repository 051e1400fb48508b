package dev.perennial.cli.tail;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSecurityException;
import dev.perennial.StreamException;
import dev.perennial.StreamException.Reason;
import dev.perennial.StreamState;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Failure;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.LogText;
import dev.perennial.source.mongo.MongoSourceException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Says why the tail of a MongoDB ends.
 *
 * @param where which MongoDB, without anything secret
 * @param credentials whether its address says who one is
 * @param claims what is known of the claim on the checkpoint, if there is one
 */
record MongoFailures(String where, boolean credentials, Optional<ClaimWatch> claims)
    implements TailFailures {

  /** Unauthorized and AuthenticationFailed, in MongoDB's {@code error_codes.yml}. */
  private static final Set<Integer> REFUSED = Set.of(13, 18);

  /** ChangeStreamHistoryLost, CappedPositionLost, and what 4.0 and 4.2 say instead of the first. */
  private static final Set<Integer> OVERWRITTEN = Set.of(286, 136, 40576);

  private static final int MAX_DEPTH = 20;
  private static final int WORDS = 300;

  @Override
  public Failure notLive(StreamState state, Duration patience, TimeoutException cause) {
    String why =
        claims
            .filter(claim -> state == StreamState.CLAIMING)
            .map(claim -> claim.why(patience))
            .or(() -> checkpointError(cause))
            .orElseGet(() -> unreachable(patience, Optional.ofNullable(cause.getCause())));
    return new Failure(ExitStatus.FAILED, why, cause);
  }

  /** What the stream says, if it waits for its checkpoint and not for MongoDB. */
  private static Optional<String> checkpointError(TimeoutException late) {
    return late.getCause() instanceof CheckpointException
        ? Optional.of(String.valueOf(late.getMessage()))
        : Optional.empty();
  }

  private String unreachable(Duration patience, Optional<Throwable> last) {
    return "no connection to "
        + where
        + " within "
        + patience.toSeconds()
        + " s"
        + last.map(error -> " (" + LogText.brief(DriverWords.of(error), WORDS) + ")").orElse("")
        + "; does a MongoDB run there, and are the hosts, replicaSet= and tls= right?"
        + " --wait SECONDS waits for longer";
  }

  @Override
  public Failure explain(StreamException death) {
    if (find(death, MongoFailures::isRefusal).isPresent()) {
      return new Failure(ExitStatus.REFUSED, credentials ? text(death) : anonymous(), death);
    }
    boolean positionLost =
        death.reason() == Reason.POSITION_LOST
            || find(death, MongoSourceException.StartRefused.class::isInstance).isPresent();
    return new Failure(ExitStatus.FAILED, positionLost ? positionLost(death) : text(death), death);
  }

  /** Whatever role it would take: nobody has one. */
  private String anonymous() {
    return where
        + " wants a user and a password; write mongodb://USER:PASSWORD@HOST, best into "
        + TailMongoCommand.URI;
  }

  private String positionLost(StreamException death) {
    String anew = "--from now, or --from TIME";
    if (find(death, cause -> hasCode(cause, OVERWRITTEN)).isPresent()) {
      return where
          + " no longer has the changes that come next: its oplog was overwritten. Begin with what it has: "
          + anew
          + "; what is between is lost";
    }
    return where
        + " does not take the resume token to go on from"
        + find(death, MongoCommandException.class::isInstance)
            .map(error -> ", it said: " + LogText.brief(DriverWords.of(error), WORDS))
            .orElse("")
        + "; give the whole _id of an event of this cluster, or begin with "
        + anew;
  }

  /** The shortest text that says what to do: that of who knows best. */
  private static String text(StreamException death) {
    return find(
            death,
            cause -> cause instanceof MongoSourceException || cause instanceof CheckpointException)
        .map(cause -> String.valueOf(cause.getMessage()))
        .orElseGet(() -> String.valueOf(death.getMessage()));
  }

  private static boolean isRefusal(Throwable cause) {
    return cause instanceof MongoSourceException.Unauthorized
        || cause instanceof MongoSecurityException
        || hasCode(cause, REFUSED);
  }

  private static boolean hasCode(Throwable cause, Set<Integer> codes) {
    return cause instanceof MongoException error && codes.contains(error.getCode());
  }

  private static Optional<Throwable> find(Throwable error, Predicate<Throwable> wanted) {
    Throwable cause = error;
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
      if (wanted.test(cause)) {
        return Optional.of(cause);
      }
      cause = cause.getCause();
    }
    return Optional.empty();
  }
}
