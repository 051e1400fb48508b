package dev.perennial.source.mongo;

import com.mongodb.MongoChangeStreamException;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoConfigurationException;
import com.mongodb.MongoConnectionPoolClearedException;
import com.mongodb.MongoException;
import com.mongodb.MongoExecutionTimeoutException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoInternalException;
import com.mongodb.MongoInterruptedException;
import com.mongodb.MongoNodeIsRecoveringException;
import com.mongodb.MongoNotPrimaryException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoServerUnavailableException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.spi.dns.DnsException;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bson.BSONException;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong with a change stream, by what it means. Codes are the server's (error_codes.yml)
 * and say more than the driver's exception types; a code that is listed here means what it says,
 * whatever labels the error carries.
 */
enum ErrorKind {
  /** Passes: the network, an election, a cursor that the server gave up. */
  TRANSIENT(Verdict.retry()),
  /** Wrong credentials, rights, server or pipeline: somebody has to change something. */
  SETTINGS(Verdict.fatal()),
  /** The oplog no longer has what comes after the position. */
  HISTORY_LOST(Verdict.positionLost()),
  /** The server does not accept the token, but may accept its time. */
  TOKEN_REJECTED(Verdict.positionLost()),
  /** The next event cannot be returned; it is in the way each time the stream is opened. */
  UNRETURNABLE(Verdict.fatal());

  /** For the source's own use behind what only it can know. */
  static final ErrorClassifier CLASSIFIER =
      ((ErrorClassifier) error -> of(error).map(kind -> kind.verdict))
          .orElse(ErrorClassifier.network());

  /** A chain of causes longer than this is taken for a cycle. */
  private static final int MAX_CAUSES = 16;

  private static final int CHANGE_STREAM_FATAL = 280;
  private static final int FAILED_TO_PARSE = 9;

  /**
   * The first line is the list of the change-stream specification, with 43 and the driver's own
   * 134; the second is what passes without being resumable by the driver.
   */
  private static final Set<Integer> PASSING =
      Set.of(
          6, 7, 43, 63, 89, 91, 133, 134, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388,
          13435, 13436, // the specification's
          26, 50, 175, 202, 216, 222, 237, 391, 433, 449);

  private static final Map<Integer, ErrorKind> BY_CODE =
      Stream.of(
              codes(TRANSIENT, PASSING),
              codes(
                  SETTINGS,
                  Set.of(13, 18, 20, 72, 73, 148, 166, 40324, 40415, 40573, 40575, 40674, 50865)),
              codes(HISTORY_LOST, Set.of(286, 136, 40576)),
              codes(TOKEN_REJECTED, Set.of(260, 15, 40647, 40585, 40615)),
              codes(UNRETURNABLE, Set.of(10334, 7182500, 47)))
          .flatMap(codes -> codes.entrySet().stream())
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  private static final List<String> PASSING_LABELS =
      List.of(
          "ResumableChangeStreamError",
          MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL,
          "RetryableWriteError",
          "NetworkError");

  @SuppressWarnings("ImmutableEnumChecker") // Verdicts are records.
  private final Verdict verdict;

  ErrorKind(Verdict verdict) {
    this.verdict = verdict;
  }

  /** What an error means, by itself or its causes; empty if that is not known. */
  static Optional<ErrorKind> of(Throwable error) {
    @Nullable Throwable cause = error;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      ErrorKind kind = alone(cause);
      if (kind != null) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** Whether an error means this, by itself or its causes. */
  boolean is(Throwable error) {
    return of(error).filter(kind -> kind == this).isPresent();
  }

  private static @Nullable ErrorKind alone(Throwable error) {
    if (error instanceof MongoSecurityException) {
      return authentication(error);
    }
    if (error instanceof MongoException failure) {
      ErrorKind byCode = byCode(failure);
      if (byCode != null) {
        return byCode;
      }
      return hasPassingLabel(failure) ? TRANSIENT : byType(failure);
    }
    // Of a reply that the driver could not read: the next one comes on another connection.
    return error instanceof BSONException ? TRANSIENT : null;
  }

  /** The driver says "security" of everything that happens while it authenticates. */
  private static ErrorKind authentication(Throwable error) {
    Throwable cause = error.getCause();
    return cause != null && TRANSIENT.is(cause) ? TRANSIENT : SETTINGS;
  }

  private static @Nullable ErrorKind byCode(MongoException failure) {
    return switch (failure.getCode()) {
      case CHANGE_STREAM_FATAL -> isOfToken(serverText(failure)) ? TOKEN_REJECTED : UNRETURNABLE;
      case FAILED_TO_PARSE -> unparsed(failure);
      default -> BY_CODE.get(failure.getCode());
    };
  }

  /** Of a token, or of a stage or an option, of which the server does not say which. */
  private static @Nullable ErrorKind unparsed(MongoException failure) {
    if (serverText(failure).contains("resume token")) {
      return TOKEN_REJECTED;
    }
    return hasPassingLabel(failure) ? null : SETTINGS;
  }

  private static @Nullable ErrorKind byType(MongoException failure) {
    if (failure instanceof MongoChangeStreamException) {
      return UNRETURNABLE; // An event without its _id, which the driver refuses.
    }
    if (failure instanceof MongoIncompatibleDriverException) {
      return SETTINGS;
    }
    boolean passes =
        failure instanceof MongoSocketException
            || failure instanceof MongoTimeoutException
            || failure instanceof MongoConnectionPoolClearedException
            || failure instanceof MongoServerUnavailableException
            || failure instanceof MongoExecutionTimeoutException
            || failure instanceof MongoNotPrimaryException
            || failure instanceof MongoNodeIsRecoveringException
            // By its name, because the driver has it from 5.6 on.
            || failure.getClass().getSimpleName().equals("MongoStalePrimaryException")
            || failure instanceof MongoInterruptedException
            || failure instanceof MongoInternalException
            // What a mongodb+srv name stands for is asked before any server is; the rest of its
            // kind is wrong for good.
            || (failure instanceof MongoConfigurationException
                && failure.getCause() instanceof DnsException);
    return passes ? TRANSIENT : null;
  }

  /**
   * As against "…event whose _id field… Expected: … but found: …", which quotes anything. The token
   * of a part is refused in three ways, "…esume from a split event…": the event is small enough now
   * to come whole, it is split into fewer parts, or the stream splits none.
   */
  private static boolean isOfToken(String words) {
    return !words.contains("_id field")
        && (words.contains("not found") || words.contains("esume from a split event"));
  }

  private static boolean hasPassingLabel(MongoException failure) {
    return PASSING_LABELS.stream().anyMatch(failure::hasErrorLabel);
  }

  /** What the server said, without what the driver puts around it. */
  static String serverText(MongoException failure) {
    return failure instanceof MongoCommandException command
        ? command.getErrorMessage()
        : String.valueOf(failure.getMessage());
  }

  private static Map<Integer, ErrorKind> codes(ErrorKind kind, Set<Integer> codes) {
    return codes.stream().collect(Collectors.toMap(code -> code, code -> kind));
  }
}
