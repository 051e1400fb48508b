package dev.perennial.source.mongo.internal.error;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoExecutionTimeoutException;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The classification of errors from the driver and the source, and one-line messages for them. */
public final class MongoErrors {

  /** Classifies the source's own errors first, because the cause of one may be of another kind. */
  public static final ErrorClassifier CLASSIFIER =
      ((ErrorClassifier) MongoErrors::ours).orElse(ErrorKind.CLASSIFIER);

  /** The most characters of the server's message that an error shows. */
  private static final int MAX_CHARACTERS = 200;

  /**
   * The driver's message for a closed client, in an IllegalStateException: "state should be: open",
   * or "… server session pool is open".
   */
  private static final Pattern CLOSED = Pattern.compile("state should be: (?:.* is )?open");

  private MongoErrors() {}

  private static Optional<Verdict> ours(Throwable error) {
    return error instanceof MongoSourceException ours
        ? Optional.of(ours.kind().verdict())
        : Optional.empty();
  }

  /** Returns whether the server refuses the position's token but may accept its time. */
  public static boolean isTokenRejected(Throwable error) {
    return error instanceof MongoSourceException ours
        ? ours.kind() == ErrorKind.TOKEN_REJECTED
        : ErrorKind.TOKEN_REJECTED.is(error);
  }

  /** Returns whether the server refuses a position, for any reason. */
  public static boolean isPositionLost(MongoException error) {
    return ErrorKind.TOKEN_REJECTED.is(error) || ErrorKind.HISTORY_LOST.is(error);
  }

  /** Returns the server's message as one clause on one line, with the code. */
  public static String words(Throwable error) {
    if (error instanceof MongoCommandException command) {
      return clause(command.getErrorMessage()) + " (" + code(command) + ')';
    }
    String words = clause(String.valueOf(error.getMessage()));
    return error instanceof MongoExecutionTimeoutException timeout
        ? words + " (" + timeout.getCode() + ')'
        : words;
  }

  private static String clause(String said) {
    return LogText.brief(
        said.endsWith(".") ? said.substring(0, said.length() - 1) : said, MAX_CHARACTERS);
  }

  /** Returns the error code, and its name if the server has one. */
  private static String code(MongoCommandException error) {
    String name = error.getErrorCodeName();
    return name.isEmpty() || name.startsWith("Location")
        ? String.valueOf(error.getErrorCode())
        : error.getErrorCode() + " " + LogText.brief(name);
  }

  /**
   * Checks whether an error means that the client is closed.
   *
   * @throws MongoSourceException if the client is closed
   */
  public static void throwIfClosed(IllegalStateException error) throws MongoSourceException {
    if (CLOSED.matcher(String.valueOf(error.getMessage())).matches()) {
      throw new MongoSourceException(
          Reason.CLIENT_CLOSED,
          ErrorKind.FATAL,
          "Cannot continue: the MongoClient given to MongoSource.builder(MongoClient) was closed by"
              + " its owner, the application. Close the stream before its client.",
          error);
    }
  }

  /** Returns the error with a message of one line; the driver's own exception is then its cause. */
  public static MongoException brief(MongoException error) {
    if (error instanceof BriefCommandException) {
      return error;
    }
    if (error instanceof MongoCommandException command) {
      return new BriefCommandException(command, words(command));
    }
    if (error instanceof MongoExecutionTimeoutException && error.getCause() == null) {
      MongoException brief = new MongoExecutionTimeoutException(error.getCode(), words(error));
      brief.initCause(error);
      return brief;
    }
    return error;
  }

  /** Creates the error for a server without an oplog. */
  public static MongoSourceException noReplicaSet(@Nullable Throwable cause) {
    return new MongoSourceException(
        Reason.NO_REPLICA_SET,
        ErrorKind.SETTINGS,
        "Cannot read a change stream: the server is not a member of a replica set. Start it with --replSet and"
            + " call rs.initiate() once; one member is enough.",
        cause);
  }

  /**
   * Creates the error of a cursor that has ended.
   *
   * @param why why it ended, in one clause
   */
  public static MongoSourceException cursorLost(String why, @Nullable Throwable cause) {
    return new MongoSourceException(
        Reason.CURSOR_LOST,
        ErrorKind.TRANSIENT,
        "Lost the cursor: " + why + ". The stream opens another one.",
        cause);
  }
}
