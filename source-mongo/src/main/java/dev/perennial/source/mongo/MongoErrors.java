package dev.perennial.source.mongo;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoSecurityException;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.LogText;
import dev.perennial.port.Verdict;
import java.util.Optional;

/** What the source's own exceptions mean, and one line for those of the driver that need it. */
final class MongoErrors {

  /** Ours first, since the cause of one of them may mean something else. */
  static final ErrorClassifier CLASSIFIER =
      ((ErrorClassifier) MongoErrors::ours).orElse(ErrorKind.CLASSIFIER);

  private static final int UNAUTHORIZED = 13;
  private static final int AUTHENTICATION_FAILED = 18;
  private static final int NO_REPLICA_SET = 40573;
  private static final int UNKNOWN_STAGE = 40324;
  private static final int NO_MAJORITY = 148;
  private static final int VIEW = 166;
  private static final int WRONG_NAMESPACE = 73;

  private static final int WORDS = 500;

  private final Scope scope;
  private final String hosts;

  MongoErrors(Scope scope, String hosts) {
    this.scope = scope;
    this.hosts = hosts;
  }

  /** Something that asks a server. */
  interface Call<T> {
    T call() throws MongoSourceException, InterruptedException;
  }

  private static Optional<Verdict> ours(Throwable error) {
    if (!(error instanceof MongoSourceException ours)) {
      return Optional.empty();
    }
    if (ours instanceof MongoSourceException.CursorLost
        || ours instanceof MongoSourceException.ResumeStorm) {
      return Optional.of(Verdict.retry());
    }
    if (ours instanceof MongoSourceException.AnotherDeployment) {
      return Optional.of(Verdict.refused());
    }
    return Optional.of(
        ours instanceof MongoSourceException.FragmentMissing
            ? Verdict.positionLost()
            : Verdict.fatal());
  }

  /** Whether the position's token is not accepted, but its time may be. */
  static boolean isTokenRejected(Throwable error) {
    return error instanceof MongoSourceException.FragmentMissing
        || (!(error instanceof MongoSourceException) && ErrorKind.TOKEN_REJECTED.is(error));
  }

  /** Whether the server does not take a position, for whatever reason. */
  static boolean isPositionLost(MongoException error) {
    return ErrorKind.TOKEN_REJECTED.is(error) || ErrorKind.HISTORY_LOST.is(error);
  }

  /** What the server said, fit for one line. */
  static String words(Throwable error) {
    return error instanceof MongoCommandException command
        ? LogText.brief(command.getErrorMessage(), WORDS) + " (" + command.getErrorCode() + ')'
        : LogText.brief(String.valueOf(error.getMessage()), WORDS);
  }

  /**
   * Asks a server.
   *
   * @throws MongoSourceException instead of what the driver throws, if that can never go better
   *     without somebody changing something
   */
  <T> T explained(Call<T> call) throws MongoSourceException, InterruptedException {
    try {
      return call.call();
    } catch (MongoException e) {
      if (ErrorKind.SETTINGS.is(e)) {
        throw explain(e);
      }
      throw e;
    }
  }

  /** The error itself, or one that says in one line what somebody has to change. */
  Exception clear(MongoException error) {
    return ErrorKind.SETTINGS.is(error) ? explain(error) : error;
  }

  private MongoSourceException explain(MongoException error) {
    if (error instanceof MongoSecurityException || error.getCode() == AUTHENTICATION_FAILED) {
      return new MongoSourceException.Unauthorized(
          "the server at "
              + hosts
              + " does not accept the credentials: check user, password and authSource of the client",
          error);
    }
    if (error instanceof MongoIncompatibleDriverException) {
      return rejected("the server is too old or too new for the driver", error);
    }
    return switch (error.getCode()) {
      case NO_REPLICA_SET -> new MongoSourceException.NoReplicaSet(error);
      case UNAUTHORIZED ->
          new MongoSourceException.Unauthorized(
              "the user may not watch "
                  + scope
                  + ": give it a role with the actions find and changeStream there, such as read (for several"
                  + " databases, readAnyDatabase); the server said: "
                  + words(error),
              error);
      case UNKNOWN_STAGE ->
          words(error).contains(WatchPlan.SPLIT_STAGE)
              ? rejected(
                  "splitLargeEvents needs MongoDB 6.0.9 or 7.0, and this server is older", error)
              : rejected("the server does not know a stage of the pipeline", error);
      case WRONG_NAMESPACE, VIEW ->
          rejected(
              scope
                  + " cannot be watched: views, system collections and the databases admin, local and config have"
                  + " no change streams",
              error);
      case NO_MAJORITY ->
          rejected(
              "the server runs without majority read concern, which change streams need", error);
      default ->
          rejected("the server does not accept the pipeline or an option of the stream", error);
    };
  }

  private static MongoSourceException rejected(String problem, MongoException cause) {
    return new MongoSourceException.Rejected(problem + "; the server said: " + words(cause), cause);
  }
}
