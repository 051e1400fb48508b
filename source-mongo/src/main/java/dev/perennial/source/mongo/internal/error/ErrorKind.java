package dev.perennial.source.mongo.internal.error;

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
import com.mongodb.MongoServerException;
import com.mongodb.MongoServerUnavailableException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.spi.dns.DnsException;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.ErrorClassifiers;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bson.BSONException;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of change stream errors, by their meaning. Error codes are the server's
 * (error_codes.yml, and the numbers of its assertions) and are more precise than the driver's
 * exception types. The code decides, whatever labels the error carries, with one exception: the
 * label counts if the server did not process the request because it is overloaded. A code on no
 * list is unknown and retried, because newer servers have new codes.
 */
public enum ErrorKind {
  /**
   * Transient: the network, an election, a cursor that the server dropped, or an overloaded server.
   */
  TRANSIENT(Verdict.retry()),
  /** Wrong credentials, rights, server, options or pipeline: the user has to change something. */
  SETTINGS(Verdict.refused()),
  /**
   * Permanent: stages or options that no server accepts in a change stream, and errors that only
   * the source detects.
   */
  FATAL(Verdict.fatal()),
  /** The oplog no longer has what comes after the position. */
  HISTORY_LOST(Verdict.positionLost()),
  /** The server does not accept the token, but may accept its time. */
  TOKEN_REJECTED(Verdict.positionLost()),
  /** The server cannot return the next event, and fails at it each time the stream is opened. */
  UNRETURNABLE(Verdict.fatal()),
  /** An error from the driver or the server with an unknown meaning. */
  UNKNOWN(Verdict.unknown());

  /**
   * Classifies errors of the driver and the network; {@link MongoErrors#CLASSIFIER} asks it after
   * the source's own errors.
   */
  static final ErrorClassifier CLASSIFIER = error -> of(error).map(ErrorKind::verdict);

  /** A chain of causes longer than this is taken for a cycle. */
  private static final int MAX_CAUSES = 16;

  private static final int CHANGE_STREAM_FATAL = 280;

  /** The single code of all errors from Atlas itself; only the message shows the meaning. */
  private static final int ATLAS = 8000;

  /** Parts of the messages with which Atlas refuses an unknown user or a missing right. */
  private static final List<String> ATLAS_REFUSALS =
      List.of("not allowed", "not authorized", "bad auth", "authentication failed");

  /** The list of the change-stream specification, with 43 and the driver's own 134. */
  private static final Set<Integer> RESUMABLE =
      Set.of(
          6, 7, 43, 63, 89, 91, 133, 134, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388,
          13435, 13436);

  /**
   * Transient codes that the driver does not resume after: the codes of the categories network,
   * interruption, not primary, shutdown, cancellation, time limit, stale routing, snapshot, cursor
   * invalidated, close connection, overload and retriable in the server's error_codes.yml, and the
   * few codes outside these categories that mean "not now".
   */
  private static final Set<Integer> TRANSIENT_CODES =
      Set.of(
          24, 46, 50, 90, 96, 175, 202, 237, 239, 246, 249, 250, 272, 279, 281, 282, 290, 303, 310,
          314, 317, 333, 355, 358, 365, 372, 384, 391, 398, 402, 406, 407, 412, 433, 449, 450, 453,
          462, 9996, 10058, 11601, 46841, 50915, 91331, 10045600, // in these categories
          26, // from a mongos, for a database that does not exist yet
          94, 107, 109, 112, 117, 143, 145, 149, 164, 172, 199, 203, 209, 210, 211, 216, 222, 259,
          261, 264, 267, 306, 319, 343, 348, 360, 379, 401, 414, 12586, 12587, 56846);

  /** A malformed request. The cause is the pipeline, an option or the token. */
  private static final Set<Integer> MALFORMED = Set.of(2, 9, 14, 22, 72);

  private static final Set<Integer> REFUSED =
      Set.of(
          11, 13, 18, 31, 33, 214, 334, 392, // authentication and authorization
          16, 17, 52, 53, 54, 55, 56, 57, 73, 111, 139, 142, 159, 160, 161, 168, 241, 271, 357, 378,
          40323, 40324, 40413, 40414, 40415, 40532, 40573, 40575, 4662500, // the request
          59, 101, 115, 123, 126, 148, 158, 165, 166, 167, 169, 188, 195, 223, 224, 229, 232, 235,
          238, 243, 263, 291, 292, 322, 323, 324, 347, 352, 354, 376, 393, 411,
          31082); // what this server does not support

  /**
   * The first three are errors of a change stream's history, 326 of the oplog scan below it, and
   * 217 of a large transaction whose beginning is no longer in the oplog.
   */
  private static final Set<Integer> HISTORY = Set.of(286, 136, 40576, 326, 217);

  /**
   * The assertion numbers that an invalid token causes in versions 4.2 to 8.2. The first list has
   * those for the token's document and fields (resume_token.cpp) and for the token as a whole
   * (document_source_change_stream.cpp; 40585 and 40615 of 4.2; 5779201 of
   * …_ensure_resume_token_present.cpp), and InvalidUUID. The rest are those for the key string that
   * its digits encode (key_string.cpp); 15 means that it ends too early.
   */
  private static final Set<Integer> TOKEN =
      Stream.of(
              IntStream.of(
                  260, 207, 40585, 40615, 40646, 40647, 40648, 40649, 50788, 50793, 50794, 50795,
                  50796, 50854, 50855, 50870, 50872, 51055, 51056, 51057, 5779201, 6189500, 6189501,
                  6189502, 6189503, 6189504, 6189505, 7182501, 7182504),
              IntStream.of(15, 31209, 31231, 50615, 50850, 50910),
              IntStream.rangeClosed(50810, 50846))
          .flatMap(IntStream::boxed)
          .collect(Collectors.toUnmodifiableSet());

  private static final Map<Integer, ErrorKind> BY_CODE =
      Stream.of(
              codes(TRANSIENT, RESUMABLE),
              codes(TRANSIENT, TRANSIENT_CODES),
              codes(SETTINGS, MALFORMED),
              codes(SETTINGS, REFUSED),
              codes(FATAL, Set.of(20, 31123, 40602, 40674, 50808, 50865)),
              codes(HISTORY_LOST, HISTORY),
              codes(TOKEN_REJECTED, TOKEN),
              codes(UNRETURNABLE, Set.of(10334, 7182500, 47)))
          .flatMap(codes -> codes.entrySet().stream())
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  /**
   * Prefixes of labels that mean "retry": a resumable cursor, a retryable read or write, a
   * transient transaction, the network. Prefixes also match future labels. A label that denies a
   * retry begins with "Non"; one such as NoWritesPerformed says nothing about a retry.
   */
  private static final List<String> RETRY_LABELS =
      List.of("Resumable", "Retryable", "Retriable", "Transient", "Network");

  /**
   * Part of the labels that say that the server did not process the request: {@code
   * SystemOverloadedError} and similar ones.
   */
  private static final String OVERLOADED = "Overloaded";

  private static final String RETRYABLE = "RetryableError";

  @SuppressWarnings("ImmutableEnumChecker") // Verdicts are records.
  private final Verdict verdict;

  ErrorKind(Verdict verdict) {
    this.verdict = verdict;
  }

  /**
   * Returns the kind of an error or of the first of its causes with a known kind; empty if neither
   * the driver nor the network caused it.
   */
  public static Optional<ErrorKind> of(Throwable error) {
    boolean ofDriver = false;
    @Nullable Throwable cause = error;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      ErrorKind kind = ofSingle(cause);
      if (kind != null) {
        return Optional.of(kind);
      }
      ofDriver |= cause instanceof MongoException;
    }
    if (ErrorClassifiers.network().classify(error).isPresent()) {
      return Optional.of(TRANSIENT);
    }
    return ofDriver ? Optional.of(UNKNOWN) : Optional.empty();
  }

  /** Returns what the stream does about it. */
  Verdict verdict() {
    return verdict;
  }

  /** Returns whether the error persists until the user changes something. */
  public boolean isRefusal() {
    return this == SETTINGS || this == FATAL;
  }

  /** Returns whether an error or one of its causes is of this kind. */
  public boolean is(Throwable error) {
    return of(error).filter(kind -> kind == this).isPresent();
  }

  private static @Nullable ErrorKind ofSingle(Throwable error) {
    if (error instanceof MongoSecurityException) {
      return authentication(error);
    }
    if (error instanceof MongoException failure) {
      ErrorKind byCode = byCode(failure);
      if (byCode == null) {
        return hasRetryLabel(failure) ? TRANSIENT : byType(failure);
      }
      return byCode.isRefusal() && isOverload(failure) ? TRANSIENT : byCode;
    }
    // A BSONException is a reply that the driver could not read; the next reply comes on another
    // connection. A DnsException comes before any request to a server.
    return error instanceof BSONException || error instanceof DnsException ? TRANSIENT : null;
  }

  /**
   * Classifies an authentication error by its cause, because the driver wraps every error during
   * authentication in a MongoSecurityException.
   */
  private static ErrorKind authentication(Throwable error) {
    Throwable cause = error.getCause();
    return cause != null && TRANSIENT.is(cause) ? TRANSIENT : SETTINGS;
  }

  private static @Nullable ErrorKind byCode(MongoException failure) {
    int code = failure.getCode();
    String words = serverText(failure);
    if (code == CHANGE_STREAM_FATAL) {
      return isOfToken(words) ? TOKEN_REJECTED : UNRETURNABLE;
    }
    if (code == ATLAS && isRefusedByAtlas(words)) {
      return SETTINGS;
    }
    ErrorKind listed = BY_CODE.get(code);
    boolean open = listed == null || MALFORMED.contains(code);
    return open && failure instanceof MongoServerException && isAboutToken(words)
        ? TOKEN_REJECTED
        : listed;
  }

  private static @Nullable ErrorKind byType(MongoException failure) {
    if (failure instanceof MongoIncompatibleDriverException) {
      return SETTINGS;
    }
    if (failure instanceof MongoConfigurationException) {
      // The DNS entry of a mongodb+srv name may appear later; other wrong settings stay wrong.
      return failure.getCause() instanceof DnsException ? TRANSIENT : SETTINGS;
    }
    boolean passes =
        failure instanceof MongoSocketException
            || failure instanceof MongoTimeoutException
            || failure instanceof MongoConnectionPoolClearedException
            || failure instanceof MongoServerUnavailableException
            || failure instanceof MongoExecutionTimeoutException
            || failure instanceof MongoNotPrimaryException
            || failure instanceof MongoNodeIsRecoveringException
            // By name, because only drivers from 5.6 on have this class.
            || failure.getClass().getSimpleName().equals("MongoStalePrimaryException")
            || failure instanceof MongoInterruptedException
            || failure instanceof MongoInternalException;
    return passes ? TRANSIENT : null;
  }

  /**
   * Returns whether Atlas refuses the user or the command. The message may also contain {@code
   * CMD_NOT_ALLOWED}.
   */
  private static boolean isRefusedByAtlas(String words) {
    String plain = words.toLowerCase(Locale.ROOT).replace('_', ' ');
    return ATLAS_REFUSALS.stream().anyMatch(plain::contains);
  }

  /**
   * Returns whether a message of code 280 is about the resume token. It is not if the message
   * quotes an event, as in "…event whose _id field… Expected: … but found: …". The server refuses
   * the token of a part with "…esume from a split event…" for three reasons: the event is now small
   * enough to be sent whole, it is now split into fewer parts, or the stream does not split events.
   */
  private static boolean isOfToken(String words) {
    return !words.contains("_id field")
        && (words.contains("not found") || words.contains("esume from a split event"));
  }

  /**
   * Returns whether a message with any code is about the resume token, in the words of all server
   * versions: "Bad resume token: …", "KeyString format error".
   */
  private static boolean isAboutToken(String words) {
    String lower = words.toLowerCase(Locale.ROOT);
    return !lower.contains("_id field")
        && (lower.contains("resume token") || lower.contains("keystring format error"));
  }

  private static boolean hasRetryLabel(MongoException failure) {
    return isOverload(failure)
        || failure.getErrorLabels().stream()
            .anyMatch(label -> RETRY_LABELS.stream().anyMatch(label::startsWith));
  }

  private static boolean isOverload(MongoException failure) {
    return failure.getErrorLabels().stream()
        .anyMatch(label -> label.equals(RETRYABLE) || label.contains(OVERLOADED));
  }

  /** Returns the server's message without the driver's text around it. */
  public static String serverText(MongoException failure) {
    return failure instanceof MongoCommandException command
        ? command.getErrorMessage()
        : String.valueOf(failure.getMessage());
  }

  private static Map<Integer, ErrorKind> codes(ErrorKind kind, Set<Integer> codes) {
    return codes.stream().collect(Collectors.toMap(code -> code, code -> kind));
  }
}
