package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoConfigurationException;
import com.mongodb.MongoException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoSecurityException;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.watch.WatchPlan;

/**
 * A translator of driver errors into one-line messages that say what the user has to change. Each
 * source has one.
 */
public final class ErrorExplainer {

  private static final int UNAUTHORIZED = 13;
  private static final int AUTHENTICATION_FAILED = 18;
  private static final int ATLAS = 8000;
  private static final int NO_REPLICA_SET = 40573;
  private static final int UNKNOWN_STAGE = 40324;
  private static final int NO_MAJORITY = 148;
  private static final int VIEW = 166;
  private static final int WRONG_NAMESPACE = 73;

  private final Scope scope;
  private final String hosts;

  public ErrorExplainer(Scope scope, String hosts) {
    this.scope = scope;
    this.hosts = hosts;
  }

  /** A call that sends a request to the server. */
  public interface Call<T> {
    T call() throws MongoSourceException, InterruptedException;
  }

  /**
   * Makes a call and translates the driver's errors.
   *
   * @throws MongoSourceException instead of a driver error that persists until the user changes
   *     something
   */
  public <T> T explained(Call<T> call) throws MongoSourceException, InterruptedException {
    try {
      return call.call();
    } catch (MongoException e) {
      if (isRefusal(e)) {
        throw explain(e);
      }
      throw MongoErrors.brief(e);
    } catch (IllegalStateException e) {
      MongoErrors.throwIfClosed(e);
      throw e;
    }
  }

  /**
   * Returns an error that says what the user has to change if the error is a refusal; otherwise
   * returns the error with a short message.
   */
  Exception clear(MongoException error) {
    return isRefusal(error) ? explain(error) : MongoErrors.brief(error);
  }

  private static boolean isRefusal(MongoException error) {
    return ErrorKind.of(error).filter(ErrorKind::isRefusal).isPresent();
  }

  /**
   * Creates the error for a code on no list, after a test showed that the server accepts the stream
   * without its pipeline and options.
   */
  MongoSourceException refusedPipeline(MongoException error) {
    return rejected(
        "the server does not accept the pipeline or an option of the stream or its client",
        "Correct that",
        error);
  }

  private MongoSourceException explain(MongoException error) {
    if (error instanceof MongoSecurityException || error.getCode() == AUTHENTICATION_FAILED) {
      return new MongoSourceException(
          Reason.UNAUTHORIZED,
          ErrorKind.SETTINGS,
          cannotWatch()
              + "the server does not accept the credentials. Check user, password and authSource of the"
              + " client.",
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
          "Correct the connection string or the MongoClientSettings",
          error);
    }
    return switch (error.getCode()) {
      case NO_REPLICA_SET -> MongoErrors.noReplicaSet(error);
      case UNAUTHORIZED, ATLAS ->
          new MongoSourceException(
              Reason.UNAUTHORIZED,
              ErrorKind.SETTINGS,
              cannotWatch()
                  + "the user lacks a right, and the server says: "
                  + MongoErrors.words(error)
                  + ". Give it a role with the actions find and changeStream there, such as read (for"
                  + " several databases, readAnyDatabase).",
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
              "Start it with majority read concern",
              error);
      default -> refusedPipeline(error);
    };
  }

  private MongoSourceException rejected(String problem, String remedy, MongoException cause) {
    return new MongoSourceException(
        Reason.REJECTED,
        ErrorKind.FATAL.is(cause) ? ErrorKind.FATAL : ErrorKind.SETTINGS,
        cannotWatch()
            + "%s, and the error is: %s. %s.".formatted(problem, MongoErrors.words(cause), remedy),
        cause);
  }

  private String cannotWatch() {
    return "Cannot watch " + scope + " at " + hosts + ": ";
  }
}
