package dev.perennial.source.mongo;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoConfigurationException;
import com.mongodb.MongoException;
import com.mongodb.MongoExecutionTimeoutException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoSecurityException;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.LogText;
import dev.perennial.port.Verdict;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the source's own exceptions mean, and one line for those of the driver that need it. */
final class MongoErrors {

  /** Ours first, since the cause of one of them may mean something else. */
  static final ErrorClassifier CLASSIFIER =
      ((ErrorClassifier) MongoErrors::ours).orElse(ErrorKind.CLASSIFIER);

  private static final int UNAUTHORIZED = 13;
  private static final int AUTHENTICATION_FAILED = 18;
  private static final int ATLAS = 8000;
  private static final int NO_REPLICA_SET = 40573;
  private static final int UNKNOWN_STAGE = 40324;
  private static final int NO_MAJORITY = 148;
  private static final int VIEW = 166;
  private static final int WRONG_NAMESPACE = 73;

  /** As many of a server's words as a message shows. */
  private static final int WORDS = 200;

  /**
   * What the driver says of a client that was closed, in an IllegalStateException: "state should
   * be: open", or "… server session pool is open".
   */
  private static final Pattern CLOSED = Pattern.compile("state should be: (?:.* is )?open");

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
    return error instanceof MongoSourceException ours
        ? Optional.of(ours.verdict())
        : Optional.empty();
  }

  /** Whether the position's token is not accepted, but its time may be. */
  static boolean isTokenRejected(Throwable error) {
    return error instanceof MongoSourceException.FragmentMissing
        || error instanceof MongoSourceException.TokenRefused
        || (!(error instanceof MongoSourceException) && ErrorKind.TOKEN_REJECTED.is(error));
  }

  /** Whether the server does not take a position, for whatever reason. */
  static boolean isPositionLost(MongoException error) {
    return ErrorKind.TOKEN_REJECTED.is(error) || ErrorKind.HISTORY_LOST.is(error);
  }

  /** What the server said, fit for one line: its words once, and its code. */
  static String words(Throwable error) {
    if (error instanceof MongoCommandException command) {
      return LogText.brief(command.getErrorMessage(), WORDS) + " (" + code(command) + ')';
    }
    String words = LogText.brief(String.valueOf(error.getMessage()), WORDS);
    return error instanceof MongoExecutionTimeoutException timeout
        ? words + " (" + timeout.getCode() + ')'
        : words;
  }

  /** The number, and its name if the server has one. */
  private static String code(MongoCommandException error) {
    String name = error.getErrorCodeName();
    return name.isEmpty() || name.startsWith("Location")
        ? String.valueOf(error.getErrorCode())
        : error.getErrorCode() + " " + LogText.brief(name);
  }

  /**
   * Asks a server.
   *
   * @throws MongoSourceException instead of what the driver throws, if that cannot go better
   *     without somebody changing something
   */
  <T> T explained(Call<T> call) throws MongoSourceException, InterruptedException {
    try {
      return call.call();
    } catch (MongoException e) {
      if (isRefusal(e)) {
        throw explain(e);
      }
      throw brief(e);
    } catch (IllegalStateException e) {
      throwIfClosed(e);
      throw e;
    }
  }

  /** The error itself in few words, or one that says in one line what somebody has to change. */
  Exception clear(MongoException error) {
    return isRefusal(error) ? explain(error) : brief(error);
  }

  private static boolean isRefusal(MongoException error) {
    return ErrorKind.of(error).filter(ErrorKind::isRefusal).isPresent();
  }

  /**
   * Looks at what the driver threw.
   *
   * @throws MongoSourceException.ClientClosed if it is that its client is closed
   */
  static void throwIfClosed(IllegalStateException error) throws MongoSourceException.ClientClosed {
    if (CLOSED.matcher(String.valueOf(error.getMessage())).matches()) {
      throw new MongoSourceException.ClientClosed(error);
    }
  }

  /** With a message of one line; the driver's own exception is the cause. */
  private static MongoException brief(MongoException error) {
    if (error instanceof BriefCommandException) {
      return error;
    }
    if (error instanceof MongoCommandException command) {
      return new BriefCommandException(command);
    }
    if (error instanceof MongoExecutionTimeoutException && error.getCause() == null) {
      MongoException brief = new MongoExecutionTimeoutException(error.getCode(), words(error));
      brief.initCause(error);
      return brief;
    }
    return error;
  }

  /** What is known of an error that no list has, since the server takes all else but this part. */
  MongoSourceException refusedPipeline(MongoException error) {
    return rejected(
        "the server does not accept the pipeline or an option of the stream or its client",
        "Mend that",
        error);
  }

  private MongoSourceException explain(MongoException error) {
    if (error instanceof MongoSecurityException || error.getCode() == AUTHENTICATION_FAILED) {
      return new MongoSourceException.Unauthorized(
          cannotWatch()
              + "the server does not accept the credentials. Check user, password and authSource of the"
              + " client",
          error);
    }
    if (error instanceof MongoIncompatibleDriverException) {
      return rejected(
          "the server is too old or too new for the driver",
          "Use a driver that supports the server's version",
          error);
    }
    if (error instanceof MongoConfigurationException) {
      return rejected(
          "the client's settings do not work",
          "Mend the connection string or the MongoClientSettings",
          error);
    }
    return switch (error.getCode()) {
      case NO_REPLICA_SET -> new MongoSourceException.NoReplicaSet(error);
      case UNAUTHORIZED, ATLAS ->
          new MongoSourceException.Unauthorized(
              cannotWatch()
                  + "the user may not, and the server says: "
                  + words(error)
                  + ". Give it a role with the actions find and changeStream there, such as read (for"
                  + " several databases, readAnyDatabase)",
              error);
      case UNKNOWN_STAGE ->
          ErrorKind.serverText(error).contains(WatchPlan.SPLIT_STAGE)
              ? rejected(
                  "splitLargeEvents needs MongoDB 6.0.9 or 7.0, and this server is older",
                  "Leave it out, or use a newer server",
                  error)
              : rejected("the server does not know a stage of the pipeline", "Leave it out", error);
      case WRONG_NAMESPACE, VIEW ->
          rejected(
              "views, system collections and the databases admin, local and config have no change streams",
              "Watch a collection, a database or the cluster",
              error);
      case NO_MAJORITY ->
          rejected(
              "the server runs without majority read concern, which change streams need",
              "Start it with that",
              error);
      default -> refusedPipeline(error);
    };
  }

  private MongoSourceException rejected(String problem, String remedy, MongoException cause) {
    return new MongoSourceException.Rejected(
        cannotWatch() + problem + ", and the error is: " + words(cause) + ". " + remedy, cause);
  }

  private String cannotWatch() {
    return "Cannot watch " + scope + " at " + hosts + ": ";
  }
}
