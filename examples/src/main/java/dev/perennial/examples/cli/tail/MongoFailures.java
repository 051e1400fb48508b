package dev.perennial.examples.cli.tail;

import com.mongodb.MongoException;
import com.mongodb.MongoSecurityException;
import dev.perennial.StreamException;
import dev.perennial.StreamException.Reason;
import dev.perennial.StreamState;
import dev.perennial.examples.cli.console.ExitStatus;
import dev.perennial.examples.cli.console.Failure;
import dev.perennial.port.CheckpointException;
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
 * @param streamId the checkpoint's name
 * @param location where the checkpoint is
 */
record MongoFailures(String where, String streamId, String location) implements TailFailures {

  /** Unauthorized and AuthenticationFailed, in MongoDB's {@code error_codes.yml}. */
  private static final Set<Integer> REFUSED = Set.of(13, 18);

  private static final int MAX_DEPTH = 20;

  @Override
  public Failure notLive(StreamState state, Duration patience, TimeoutException cause) {
    return new Failure(
        ExitStatus.FAILED,
        state == StreamState.CLAIMING ? claimed(patience) : unreachable(patience),
        cause);
  }

  private String unreachable(Duration patience) {
    return "no connection to "
        + where
        + " within "
        + patience.toSeconds()
        + " s; does a MongoDB run there, and are the hosts, replicaSet= and tls= right?"
        + " --wait SECONDS waits for longer";
  }

  private String claimed(Duration patience) {
    return "another stream has the checkpoint \""
        + streamId
        + "\" in "
        + location
        + "; stop that one, take another --stream-id, or stand by for longer than "
        + patience.toSeconds()
        + " s with --wait SECONDS";
  }

  @Override
  public Failure explain(StreamException death) {
    if (find(death, MongoFailures::isRefusal).isPresent()) {
      return new Failure(ExitStatus.REFUSED, text(death), death);
    }
    if (death.reason() == Reason.POSITION_LOST) {
      return new Failure(
          ExitStatus.FAILED,
          where
              + " no longer has the changes that come next: its oplog was overwritten. Begin with what it"
              + " has: --from now, or --from TIME; what is between is lost",
          death);
    }
    return new Failure(ExitStatus.FAILED, text(death), death);
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
        || (cause instanceof MongoException error && REFUSED.contains(error.getCode()));
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
