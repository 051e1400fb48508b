package dev.perennial.source.mongo.internal.error;

import com.mongodb.MongoChangeStreamException;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoConfigurationException;
import com.mongodb.MongoConnectionPoolClearedException;
import com.mongodb.MongoCursorNotFoundException;
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
 * What goes wrong with a change stream, by what it means. Codes are the server's (error_codes.yml,
 * and the numbers of its assertions) and say more than the driver's exception types. A code that is
 * listed here means what it says, whatever labels the error carries; only of a request that the
 * server did not look at, because it is overloaded, the label counts. What is on no list is unknown
 * and retried, since newer servers have other codes.
 */
public enum ErrorKind {
  /** Passes: the network, an election, a cursor that the server gave up, a server's overload. */
  TRANSIENT(Verdict.retry()),
  /** Wrong credentials, rights, server, options or pipeline: somebody has to change something. */
  SETTINGS(Verdict.refused()),
  /**
   * No retry helps: stages or options that no server accepts in a change stream, and errors that
   * only the source knows.
   */
  FATAL(Verdict.fatal()),
  /** The oplog no longer has what comes after the position. */
  HISTORY_LOST(Verdict.positionLost()),
  /** The server does not accept the token, but may accept its time. */
  TOKEN_REJECTED(Verdict.positionLost()),
  /** The next event cannot be returned; it is in the way each time the stream is opened. */
  UNRETURNABLE(Verdict.fatal()),
  /** An error of the driver's or the server's of which nothing is known. */
  UNKNOWN(Verdict.unknown());

  /** For the source's own use behind what only it can know. */
  static final ErrorClassifier CLASSIFIER = error -> of(error).map(ErrorKind::verdict);

  /** A chain of causes longer than this is taken for a cycle. */
  private static final int MAX_CAUSES = 16;

  private static final int CHANGE_STREAM_FATAL = 280;

  /** What Atlas itself says, of whatever it is: only the words tell. */
  private static final int ATLAS = 8000;

  /** What Atlas says to a user who may not, or whom it does not know. */
  private static final List<String> ATLAS_REFUSALS =
      List.of("not allowed", "not authorized", "bad auth", "authentication failed");

  /** The list of the change-stream specification, with 43 and the driver's own 134. */
  private static final Set<Integer> RESUMABLE =
      Set.of(
          6, 7, 43, 63, 89, 91, 133, 134, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388,
          13435, 13436);

  /**
   * What passes without being resumable by the driver: the codes of the categories network,
   * interruption, not primary, shutdown, cancellation, time limit, stale routing, snapshot, cursor
   * invalidated, close connection, overload and retriable in the server's error_codes.yml, and the
   * few that have none of these but say "not now".
   */
  private static final Set<Integer> PASSING =
      Set.of(
          24, 46, 50, 90, 96, 175, 202, 237, 239, 246, 249, 250, 272, 279, 281, 282, 290, 303, 310,
          314, 317, 333, 355, 358, 365, 372, 384, 391, 398, 402, 406, 407, 412, 433, 449, 450, 453,
          462, 9996, 10058, 11601, 46841, 50915, 91331, 10045600, // of these categories
          26, // from a mongos, of a database that is not there yet
          94, 107, 109, 112, 117, 143, 145, 149, 164, 172, 199, 203, 209, 210, 211, 216, 222, 259,
          261, 264, 267, 306, 319, 343, 348, 360, 379, 401, 414, 12586, 12587, 56846);

  /** A request that is malformed: the pipeline's fault or an option's, or that of the token. */
  private static final Set<Integer> MALFORMED = Set.of(2, 9, 14, 22, 72);

  private static final Set<Integer> REFUSED =
      Set.of(
          11, 13, 18, 31, 33, 214, 334, 392, // who one is, and what one may do
          16, 17, 52, 53, 54, 55, 56, 57, 73, 111, 139, 142, 159, 160, 161, 168, 241, 271, 357, 378,
          40323, 40324, 40413, 40414, 40415, 40532, 40573, 40575, 4662500, // what was asked for
          59, 101, 115, 123, 126, 148, 158, 165, 166, 167, 169, 188, 195, 223, 224, 229, 232, 235,
          238, 243, 263, 291, 292, 322, 323, 324, 347, 352, 354, 376, 393, 411,
          31082); // what the server cannot do

  /**
   * The change's own history, the first three; the scan of the oplog before it is told so; and a
   * large transaction of which the oplog has lost the beginning.
   */
  private static final Set<Integer> HISTORY = Set.of(286, 136, 40576, 326, 217);

  /**
   * The numbers of the assertions that a token runs into, of the versions 4.2 to 8.2. First of the
   * token as a document and of what is in it (resume_token.cpp), with what the stream finds wrong
   * with it as a whole (document_source_change_stream.cpp; 40585 and 40615 of 4.2; 5779201 of
   * …_ensure_resume_token_present.cpp) and InvalidUUID; then of the key string that its digits
   * stand for (key_string.cpp), where 15 is an end that comes too early.
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
              codes(TRANSIENT, PASSING),
              codes(SETTINGS, MALFORMED),
              codes(SETTINGS, REFUSED),
              codes(FATAL, Set.of(20, 31123, 40602, 40674, 50808, 50865)),
              codes(HISTORY_LOST, HISTORY),
              codes(TOKEN_REJECTED, TOKEN),
              codes(UNRETURNABLE, Set.of(10334, 7182500, 47)))
          .flatMap(codes -> codes.entrySet().stream())
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  /**
   * Labels that say "again", by how they begin, since there will be more of them: of a resumable
   * cursor, of a retryable read or write, of a transient transaction, of the network. A label that
   * denies it begins with Non, one such as NoWritesPerformed says nothing about trying again.
   */
  private static final List<String> PASSING_LABELS =
      List.of("Resumable", "Retryable", "Retriable", "Transient", "Network");

  /** The server did not look at the request: {@code SystemOverloadedError} and its like. */
  private static final String OVERLOADED = "Overloaded";

  private static final String RETRYABLE = "RetryableError";

  @SuppressWarnings("ImmutableEnumChecker") // Verdicts are records.
  private final Verdict verdict;

  ErrorKind(Verdict verdict) {
    this.verdict = verdict;
  }

  /**
   * What an error means, by itself or its causes; empty if it is neither of the driver's making nor
   * of the network's.
   */
  public static Optional<ErrorKind> of(Throwable error) {
    boolean ofDriver = false;
    @Nullable Throwable cause = error;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      ErrorKind kind = alone(cause);
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

  /** Whether somebody has to change something. */
  public boolean isRefusal() {
    return this == SETTINGS || this == FATAL;
  }

  /** Whether an error means this, by itself or its causes. */
  public boolean is(Throwable error) {
    return of(error).filter(kind -> kind == this).isPresent();
  }

  private static @Nullable ErrorKind alone(Throwable error) {
    if (error instanceof MongoSecurityException) {
      return authentication(error);
    }
    if (error instanceof MongoException failure) {
      ErrorKind byCode = byCode(failure);
      if (byCode == null) {
        return hasPassingLabel(failure) ? TRANSIENT : byType(failure);
      }
      return byCode.isRefusal() && isOverload(failure) ? TRANSIENT : byCode;
    }
    // Of a reply that the driver could not read: the next one comes on another connection. What a
    // name stands for is asked of DNS, before any server is asked.
    return error instanceof BSONException || error instanceof DnsException ? TRANSIENT : null;
  }

  /** The driver says "security" of everything that happens while it authenticates. */
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
    return open && failure instanceof MongoServerException && speaksOfToken(words)
        ? TOKEN_REJECTED
        : listed;
  }

  private static @Nullable ErrorKind byType(MongoException failure) {
    if (failure instanceof MongoChangeStreamException) {
      return UNRETURNABLE; // An event without its _id, which the driver refuses.
    }
    if (failure instanceof MongoIncompatibleDriverException) {
      return SETTINGS;
    }
    if (failure instanceof MongoConfigurationException) {
      // What a mongodb+srv name stands for may be there later; the rest is wrong until it is
      // mended.
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
            // By its name, because the driver has it from 5.6 on.
            || failure.getClass().getSimpleName().equals("MongoStalePrimaryException")
            || failure instanceof MongoInterruptedException
            || failure instanceof MongoCursorNotFoundException
            || failure instanceof MongoInternalException;
    return passes ? TRANSIENT : null;
  }

  /** Also {@code CMD_NOT_ALLOWED}. */
  private static boolean isRefusedByAtlas(String words) {
    String plain = words.toLowerCase(Locale.ROOT).replace('_', ' ');
    return ATLAS_REFUSALS.stream().anyMatch(plain::contains);
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

  /**
   * As all servers have it, with whichever code: "Bad resume token: …", "KeyString format error".
   */
  private static boolean speaksOfToken(String words) {
    String lower = words.toLowerCase(Locale.ROOT);
    return !lower.contains("_id field")
        && (lower.contains("resume token") || lower.contains("keystring format error"));
  }

  private static boolean hasPassingLabel(MongoException failure) {
    return isOverload(failure)
        || failure.getErrorLabels().stream()
            .anyMatch(label -> PASSING_LABELS.stream().anyMatch(label::startsWith));
  }

  private static boolean isOverload(MongoException failure) {
    return failure.getErrorLabels().stream()
        .anyMatch(label -> label.equals(RETRYABLE) || label.contains(OVERLOADED));
  }

  /** What the server said, without what the driver puts around it. */
  public static String serverText(MongoException failure) {
    return failure instanceof MongoCommandException command
        ? command.getErrorMessage()
        : String.valueOf(failure.getMessage());
  }

  private static Map<Integer, ErrorKind> codes(ErrorKind kind, Set<Integer> codes) {
    return codes.stream().collect(Collectors.toMap(code -> code, code -> kind));
  }
}
