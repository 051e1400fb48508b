package dev.perennial.cli.tail;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSecurityException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.MongoSourceException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Explains why the tail of a MongoDB ends.
 *
 * @param where the address of MongoDB, without secrets
 * @param credentials whether the address has credentials
 * @param claims the store that records claims, if there is a checkpoint
 */
record MongoFailureExplainer(
    String where, boolean credentials, Optional<ClaimReportingStore> claims)
    implements FailureExplainer {

  /** Unauthorized and AuthenticationFailed, in MongoDB's {@code error_codes.yml}. */
  private static final Set<Integer> REFUSED = Set.of(13, 18);

  /** ChangeStreamHistoryLost, CappedPositionLost, and the code of 4.0 and 4.2 for the first. */
  private static final Set<Integer> OVERWRITTEN = Set.of(286, 136, 40576);

  private static final int MAX_DEPTH = 20;
  private static final int MAX_MESSAGE_LENGTH = 300;

  @Override
  public CommandFailedException notLive(
      StreamState state, Duration timeout, TimeoutException cause) {
    String why =
        claims
            .filter(claim -> state == StreamState.CLAIMING)
            .map(claim -> claim.explain(timeout))
            .or(() -> checkpointError(cause))
            .orElseGet(() -> unreachable(timeout, Optional.ofNullable(cause.getCause())));
    return new CommandFailedException(ExitStatus.FAILED, why, cause);
  }

  /** Returns the stream's own message if it waits for its checkpoint and not for MongoDB. */
  private static Optional<String> checkpointError(TimeoutException late) {
    return late.getCause() instanceof CheckpointException
        ? Optional.of(String.valueOf(late.getMessage()))
        : Optional.empty();
  }

  private String unreachable(Duration timeout, Optional<Throwable> last) {
    return "Cannot connect to "
        + where
        + " within "
        + timeout.toSeconds()
        + " s"
        + last.map(error -> ": " + LogText.brief(DriverMessages.of(error), MAX_MESSAGE_LENGTH))
            .orElse("")
        + ". Check that MongoDB runs there and that the hosts, replicaSet= and tls= are right, or wait"
        + " longer with --wait SECONDS.";
  }

  @Override
  public CommandFailedException explain(StreamFailedException failure) {
    if (find(failure, MongoFailureExplainer::isRefusal).isPresent()) {
      return new CommandFailedException(
          ExitStatus.REFUSED, credentials ? text(failure) : anonymous(), failure);
    }
    boolean positionLost =
        failure.reason() == Reason.POSITION_LOST
            || find(failure, cause -> hasReason(cause, MongoSourceException.Reason.START_REFUSED))
                .isPresent();
    return new CommandFailedException(
        ExitStatus.FAILED, positionLost ? positionLost(failure) : text(failure), failure);
  }

  /** Not the server's message, which asks for a role, because there is no user at all. */
  private String anonymous() {
    return "Cannot read from "
        + where
        + ": it requires a user and a password. Give mongodb://USER:PASSWORD@HOST, preferably in "
        + TailMongoCommand.URI
        + ".";
  }

  private String positionLost(StreamFailedException failure) {
    String start = "--from now or --from TIME";
    if (find(failure, cause -> hasCode(cause, OVERWRITTEN)).isPresent()) {
      return "Cannot resume from the checkpoint on "
          + where
          + ": its oplog was overwritten. Begin with "
          + start
          + "; the changes in between are lost.";
    }
    return "Cannot resume on "
        + where
        + ": it does not accept the resume token"
        + find(failure, MongoCommandException.class::isInstance)
            .map(error -> " (" + LogText.brief(DriverMessages.of(error), MAX_MESSAGE_LENGTH) + ")")
            .orElse("")
        + ". Give the whole _id of an event of this cluster, or begin with "
        + start
        + ".";
  }

  /** Returns the message of the most specific cause, which says what to do. */
  private static String text(StreamFailedException failure) {
    return find(
            failure,
            cause -> cause instanceof MongoSourceException || cause instanceof CheckpointException)
        .map(cause -> String.valueOf(cause.getMessage()))
        .orElseGet(() -> String.valueOf(failure.getMessage()));
  }

  private static boolean isRefusal(Throwable cause) {
    return hasReason(cause, MongoSourceException.Reason.UNAUTHORIZED)
        || cause instanceof MongoSecurityException
        || hasCode(cause, REFUSED);
  }

  private static boolean hasReason(Throwable cause, MongoSourceException.Reason reason) {
    return cause instanceof MongoSourceException error && error.reason() == reason;
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
