package dev.perennial.source.mongo.internal.error;

import static dev.perennial.source.mongo.internal.error.ErrorKind.FATAL;
import static dev.perennial.source.mongo.internal.error.ErrorKind.HISTORY_LOST;
import static dev.perennial.source.mongo.internal.error.ErrorKind.SETTINGS;
import static dev.perennial.source.mongo.internal.error.ErrorKind.TOKEN_REJECTED;
import static dev.perennial.source.mongo.internal.error.ErrorKind.TRANSIENT;
import static dev.perennial.source.mongo.internal.error.ErrorKind.UNKNOWN;
import static dev.perennial.source.mongo.internal.error.ErrorKind.UNRETURNABLE;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientException;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoConfigurationException;
import com.mongodb.MongoCredential;
import com.mongodb.MongoCursorNotFoundException;
import com.mongodb.MongoException;
import com.mongodb.MongoExecutionTimeoutException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoInternalException;
import com.mongodb.MongoInterruptedException;
import com.mongodb.MongoNodeIsRecoveringException;
import com.mongodb.MongoNotPrimaryException;
import com.mongodb.MongoOperationTimeoutException;
import com.mongodb.MongoQueryException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoSocketReadException;
import com.mongodb.MongoSocketReadTimeoutException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.ServerAddress;
import com.mongodb.WriteConcernResult;
import com.mongodb.WriteError;
import com.mongodb.bulk.BulkWriteResult;
import com.mongodb.bulk.WriteConcernError;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterId;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerId;
import com.mongodb.spi.dns.DnsException;
import dev.perennial.port.Verdict;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.net.ConnectException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

public class ErrorKindTest {

  private static final ServerAddress SERVER = new ServerAddress("db.example", 27017);

  private static final ClusterDescription NO_SERVERS =
      new ClusterDescription(ClusterConnectionMode.MULTIPLE, ClusterType.UNKNOWN, List.of());

  public static MongoCommandException error(int code, String words, String... labels) {
    BsonDocument reply =
        new BsonDocument("ok", new BsonInt32(0))
            .append("code", new BsonInt32(code))
            .append("errmsg", new BsonString(words));
    if (labels.length > 0) {
      reply.append(
          "errorLabels", new BsonArray(Arrays.stream(labels).map(BsonString::new).toList()));
    }
    return new MongoCommandException(reply, SERVER);
  }

  /** The codes of the server's error_codes.yml, 4.2 to 8.2, that say what they mean. */
  static Stream<Arguments> codes() {
    return Stream.of(
            rows(
                TRANSIENT, 43, 6, 7, 63, 89, 91, 133, 134, 150, 189, 234, 262, 9001, 10107, 11600,
                11602, 13388, 13435, 13436, 26, 50, 175, 202, 216, 222, 237, 391, 433, 449),
            rows(TRANSIENT, 24, 46, 90, 94, 96, 107, 109, 112, 117, 143, 145, 149, 164, 172, 199),
            rows(TRANSIENT, 203, 209, 210, 211, 239, 246, 249, 250, 259, 261, 264, 267, 272, 279),
            rows(TRANSIENT, 281, 282, 290, 303, 306, 310, 314, 317, 319, 333, 343, 348, 355, 358),
            rows(TRANSIENT, 360, 365, 372, 379, 384, 398, 401, 402, 406, 407, 412, 414, 450, 453),
            rows(TRANSIENT, 462, 9996, 10058, 11601, 12586, 12587, 46841, 50915, 56846, 91331),
            rows(TRANSIENT, 10045600),
            rows(SETTINGS, 13, 18, 72, 73, 148, 166, 40324, 40415, 40573, 40575),
            rows(FATAL, 20, 31123, 40602, 40674, 50808, 50865),
            rows(SETTINGS, 2, 9, 11, 14, 16, 17, 22, 31, 33, 52, 53, 54, 55, 56, 57, 59, 101, 111),
            rows(SETTINGS, 115, 123, 126, 139, 142, 158, 159, 160, 161, 165, 167, 168, 169, 188),
            rows(SETTINGS, 195, 214, 223, 224, 229, 232, 235, 238, 241, 243, 263, 271, 291, 292),
            rows(SETTINGS, 322, 323, 324, 334, 347, 352, 354, 357, 376, 378, 392, 393, 411, 31082),
            rows(SETTINGS, 40323, 40413, 40414, 40532, 4662500),
            rows(HISTORY_LOST, 286, 136, 40576, 326, 217),
            rows(TOKEN_REJECTED, 260, 15, 40647, 40585, 40615),
            rows(TOKEN_REJECTED, 207, 40646, 40648, 40649, 50788, 50793, 50794, 50795, 50796),
            rows(TOKEN_REJECTED, 50854, 50855, 50870, 50872, 51055, 51056, 51057, 5779201),
            rows(TOKEN_REJECTED, 6189500, 6189501, 6189502, 6189503, 6189504, 6189505, 7182501),
            rows(TOKEN_REJECTED, 7182504, 31209, 31231, 50615, 50850, 50910),
            rows(TOKEN_REJECTED, IntStream.rangeClosed(50810, 50846).toArray()),
            rows(UNRETURNABLE, 10334, 7182500, 47, 280))
        .flatMap(row -> row);
  }

  private static Stream<Arguments> rows(ErrorKind kind, int... codes) {
    return IntStream.of(codes).mapToObj(code -> Arguments.of(code, kind));
  }

  @ParameterizedTest
  @MethodSource("codes")
  void knowsTheCodes(int code, ErrorKind kind) {
    assertThat(ErrorKind.of(error(code, "words"))).contains(kind);
  }

  /** A label of a code that is listed changes nothing. */
  @ParameterizedTest
  @MethodSource("codes")
  void aListedCodeBeatsALabel(int code, ErrorKind kind) {
    MongoException labelled =
        error(code, "words", "ResumableChangeStreamError", "RetryableWriteError");

    assertThat(ErrorKind.of(labelled)).contains(kind);
  }

  /** The server did not look at the request; of a position it did. */
  @ParameterizedTest
  @MethodSource("codes")
  void anOverloadBeatsARefusal(int code, ErrorKind kind) {
    for (String label : List.of("SystemOverloadedError", "RetryableError", "TenantOverloaded")) {
      assertThat(ErrorKind.of(error(code, "words", label)))
          .contains(kind == SETTINGS || kind == FATAL ? TRANSIENT : kind);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RetryableWriteError",
        "TransientTransactionError",
        "NetworkError",
        "ResumableChangeStreamError",
        "RetryableError",
        "SystemOverloadedError",
        "RetryableReadError",
        "RetriableThing",
        "ResumableCursorError",
        "ShardOverloadedError"
      })
  void aCodeThatIsNotListedPassesWithALabel(String label) {
    assertThat(ErrorKind.of(error(99_999, "words", label))).contains(TRANSIENT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NonResumableChangeStreamError",
        "NonRetryableError",
        "NoWritesPerformed",
        "UnknownTransactionCommitResult",
        "StreamProcessorUserError"
      })
  void aLabelThatPromisesNothingChangesNothing(String label) {
    assertThat(ErrorKind.of(error(99_999, "words", label))).contains(UNKNOWN);
    assertThat(ErrorKind.of(error(11601, "words", label))).contains(TRANSIENT);
    assertThat(ErrorKind.of(error(13, "words", label))).contains(SETTINGS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 463, 99_999, 9_999_999, -1})
  void aCodeThatIsNotListedIsUnknown(int code) {
    assertThat(ErrorKind.of(error(code, "words", "NonResumableChangeStreamError")))
        .contains(UNKNOWN);
    assertThat(ErrorKind.CLASSIFIER.classify(error(code, "words"))).contains(Verdict.unknown());
  }

  @Test
  void allOtherCodesAreUnknown() {
    List<Integer> listed = codes().map(row -> (Integer) row.get()[0]).toList();

    List<Integer> known =
        IntStream.rangeClosed(-10, 60_000)
            .filter(code -> !ErrorKind.UNKNOWN.is(error(code, "words")))
            .boxed()
            .collect(Collectors.toList());

    assertThat(known)
        .containsExactlyInAnyOrderElementsOf(
            listed.stream().filter(code -> code <= 60_000).toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "KeyString format error: Unknown type: 7",
        "Bad resume token: _data of missing or of wrong type. Expected string, got {a: 1}",
        "Resume Token does not contain whatever comes next",
      })
  void wordsAboutTheTokenSayMoreThanACodeThatIsNew(String words) {
    for (int code : new int[] {99_999, 8_888_888, 2, 9, 14, 22, 72}) {
      assertThat(ErrorKind.of(error(code, words))).contains(TOKEN_REJECTED);
    }
    for (int code : new int[] {13, 286, 11601}) {
      assertThat(ErrorKind.of(error(code, words))).isNotEqualTo(Optional.of(TOKEN_REJECTED));
    }
    String changed =
        "Encountered an event whose _id field, which contains the resume token, was modified";
    assertThat(ErrorKind.of(error(99_999, changed))).contains(UNKNOWN);
  }

  @Test
  void tellsTheKindsOf280ByItsWords() {
    assertThat(
            ErrorKind.of(
                error(
                    280,
                    "Executor error during getMore :: caused by :: cannot resume stream; the resume"
                        + " token was not found. {_data: \"82\"}",
                    "NonResumableChangeStreamError")))
        .contains(TOKEN_REJECTED);
    assertThat(
            ErrorKind.of(
                error(
                    280,
                    "Encountered an event whose _id field, which contains the resume token, was"
                        + " modified by the pipeline. Expected: {_id: 1} but found: {_id: \"not"
                        + " found\"}")))
        .contains(UNRETURNABLE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Attempted to resume from a split event fragment, but the event in the resumed stream was not"
            + " large enough to be split",
        "Attempted to resume from a split event, but the resumed stream produced a different split."
            + " Ensure that the pipeline used to resume is the same as the original",
        "To resume from a split event, the $changeStream pipeline must include a"
            + " $changeStreamSplitLargeEvent stage"
      })
  void aTokenOfAPartThatDoesNotComeAgainIsRejected(String words) {
    assertThat(ErrorKind.of(error(280, words))).contains(TOKEN_REJECTED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user is not allowed to do action [changeStream] on [shop.orders]",
        "(Unauthorized) not authorized on shop to execute command { aggregate: 1 }",
        "bad auth : authentication failed",
        "CMD_NOT_ALLOWED: replSetGetConfig"
      })
  void whatAtlasSaysToAUserWhoMayNotIsARefusal(String words) {
    assertThat(ErrorKind.of(error(8000, words))).contains(SETTINGS);
    assertThat(ErrorKind.of(error(8000, "a proxy is restarted"))).contains(UNKNOWN);
    assertThat(ErrorKind.of(error(8001, words))).contains(UNKNOWN);
  }

  @Test
  void tellsTheKindsOf9ByItsWords() {
    assertThat(ErrorKind.of(error(9, "Bad resume token: _data of missing or of wrong type")))
        .contains(TOKEN_REJECTED);
    assertThat(ErrorKind.of(error(9, "resume token string was not a valid hex string")))
        .contains(TOKEN_REJECTED);
    assertThat(ErrorKind.of(error(9, "unknown option to $regex"))).contains(SETTINGS);
  }

  static Stream<Arguments> types() {
    BsonDocument reply = new BsonDocument("code", new BsonInt32(-1));
    return Stream.of(
        Arguments.of(new MongoSocketReadException("read", SERVER), TRANSIENT),
        Arguments.of(new MongoSocketException("open", SERVER), TRANSIENT),
        Arguments.of(
            new MongoSocketReadTimeoutException("read", SERVER, new RuntimeException()), TRANSIENT),
        Arguments.of(new MongoTimeoutException("server selection"), TRANSIENT),
        Arguments.of(new MongoOperationTimeoutException("operation"), TRANSIENT),
        Arguments.of(new MongoExecutionTimeoutException(-1, "slow"), TRANSIENT),
        Arguments.of(new MongoNotPrimaryException(reply, SERVER), TRANSIENT),
        Arguments.of(new MongoNodeIsRecoveringException(reply, SERVER), TRANSIENT),
        Arguments.of(
            new MongoCursorNotFoundException(
                1, new BsonDocument("code", new BsonInt32(43)), SERVER),
            TRANSIENT),
        Arguments.of(
            new MongoQueryException(new BsonDocument("code", new BsonInt32(286)), SERVER),
            HISTORY_LOST),
        Arguments.of(
            new MongoInterruptedException("interrupted", new InterruptedException()), TRANSIENT),
        Arguments.of(new MongoInternalException("bad header"), TRANSIENT),
        Arguments.of(new BsonSerializationException("garbage"), TRANSIENT),
        Arguments.of(
            new MongoException("wrapped", new BsonSerializationException("garbage")), TRANSIENT),
        Arguments.of(new MongoIncompatibleDriverException("old", NO_SERVERS), SETTINGS),
        Arguments.of(new MongoConfigurationException("no such host"), SETTINGS),
        Arguments.of(new MongoClientException("no sessions"), UNKNOWN),
        Arguments.of(new MongoException("wrapped", new IllegalStateException("inside")), UNKNOWN),
        Arguments.of(new MongoException("wrapped", new ConnectException("refused")), TRANSIENT));
  }

  @ParameterizedTest
  @MethodSource("types")
  void knowsTheDriversExceptions(Throwable error, ErrorKind kind) {
    assertThat(ErrorKind.of(error)).contains(kind);
    assertThat(ErrorKind.of(new IllegalStateException("around it", error))).contains(kind);
  }

  @Test
  void authenticationFailsForGoodUnlessItsCausePasses() {
    MongoCredential credential = MongoCredential.createCredential("u", "admin", "pw".toCharArray());

    assertThat(ErrorKind.of(security(credential, error(18, "Authentication failed."))))
        .contains(SETTINGS);
    assertThat(ErrorKind.of(new MongoSecurityException(credential, "no mechanism")))
        .contains(SETTINGS);
    assertThat(ErrorKind.of(security(credential, new MongoSocketReadException("read", SERVER))))
        .contains(TRANSIENT);
    assertThat(ErrorKind.of(security(credential, error(11600, "shutting down"))))
        .contains(TRANSIENT);
  }

  private static MongoSecurityException security(MongoCredential credential, Throwable cause) {
    return new MongoSecurityException(credential, "Exception authenticating", cause);
  }

  /** What our code or the application's throws is no server's word. */
  @Test
  void whatIsNotTheDriversIsNotKnown() {
    assertThat(ErrorKind.of(new IllegalStateException("a bug"))).isEmpty();
    assertThat(ErrorKind.CLASSIFIER.classify(new NullPointerException())).isEmpty();
  }

  /** All that the driver on the class path has, so that a new one is thought about. */
  @Test
  void everyExceptionOfTheDriverHasAKind() throws Exception {
    Map<ErrorKind, Set<String>> kinds = new EnumMap<>(ErrorKind.class);
    for (Class<? extends MongoException> type : driverExceptions()) {
      kinds
          .computeIfAbsent(ErrorKind.of(made(type)).orElseThrow(), kind -> new TreeSet<>())
          .add(type.getSimpleName());
    }

    assertThat(kinds.get(SETTINGS))
        .containsExactlyInAnyOrder(
            "MongoConfigurationException",
            "MongoIncompatibleDriverException",
            "MongoSecurityException");
    assertThat(kinds.get(UNKNOWN))
        .isSubsetOf(
            // What any error may be, and what comes only of the driver's own cursors and of
            // writing,
            // neither of which the source uses.
            "MongoChangeStreamException",
            "MongoCursorNotFoundException",
            "MongoException",
            "MongoClientException",
            "MongoCommandException",
            "MongoQueryException",
            "ClientBulkWriteException",
            "DuplicateKeyException",
            "MongoBulkWriteException",
            "MongoGridFSException",
            "MongoUpdatedEncryptedFieldsException",
            "MongoWriteConcernException",
            "MongoWriteException",
            "WithTransactionTimeoutException",
            "WriteConcernException");
    assertThat(kinds.get(TRANSIENT))
        .contains("MongoSocketReadException", "MongoTimeoutException", "MongoNotPrimaryException")
        .isSubsetOf(
            "MongoConnectionPoolClearedException",
            "MongoExecutionTimeoutException",
            "MongoInternalException",
            "MongoInterruptedException",
            "MongoNodeIsRecoveringException",
            "MongoNotPrimaryException",
            "MongoOperationTimeoutException",
            "MongoServerUnavailableException",
            "MongoSocketClosedException",
            "MongoSocketException",
            "MongoSocketOpenException",
            "MongoSocketReadException",
            "MongoSocketReadTimeoutException",
            "MongoSocketWriteException",
            "MongoSocketWriteTimeoutException",
            "MongoSocksProxyException",
            "MongoStalePrimaryException",
            "MongoTimeoutException");
    assertThat(kinds.keySet()).containsExactly(TRANSIENT, SETTINGS, UNKNOWN);
  }

  private static List<Class<? extends MongoException>> driverExceptions() throws Exception {
    Path jar =
        Path.of(MongoException.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<Class<? extends MongoException>> types = new ArrayList<>();
    try (JarFile classes = new JarFile(jar.toFile())) {
      for (JarEntry entry : Collections.list(classes.entries())) {
        String name = entry.getName();
        if (name.matches("com/mongodb/(?!internal/).*Exception[.]class")) {
          Class<?> type = Class.forName(name.replace('/', '.').replace(".class", ""));
          if (MongoException.class.isAssignableFrom(type)
              && !Modifier.isAbstract(type.getModifiers())
              && Modifier.isPublic(type.getModifiers())) {
            types.add(type.asSubclass(MongoException.class));
          }
        }
      }
    }
    return types;
  }

  private static MongoException made(Class<? extends MongoException> type) throws Exception {
    Constructor<?> constructor =
        Arrays.stream(type.getConstructors())
            .min(Comparator.comparing(Constructor::getParameterCount))
            .orElseThrow();
    return (MongoException)
        constructor.newInstance(
            Arrays.stream(constructor.getParameterTypes()).map(ErrorKindTest::some).toArray());
  }

  private static @Nullable Object some(Class<?> type) {
    BsonDocument reply = new BsonDocument("code", new BsonInt32(99_999));
    return Stream.<Object>of(
            "words",
            new MongoException(99_999, "words"),
            SERVER,
            reply,
            NO_SERVERS,
            new InterruptedException(),
            List.of(),
            Map.of(),
            Set.of(),
            WriteConcernResult.unacknowledged(),
            BulkWriteResult.unacknowledged(),
            new WriteConcernError(99_999, "name", "words", reply),
            new WriteError(99_999, "words", reply),
            new ServerId(new ClusterId(), SERVER),
            MongoCredential.createCredential("u", "admin", "pw".toCharArray()))
        .filter(type::isInstance)
        .findFirst()
        .orElseGet(() -> type == int.class ? (Object) 99_999 : type == long.class ? 1L : null);
  }

  @Test
  void aNameThatCannotBeLookedUpNowPasses() {
    assertThat(
            ErrorKind.of(
                new MongoConfigurationException(
                    "Failed looking up TXT record for host db.example",
                    new DnsException("timed out", new RuntimeException()))))
        .contains(TRANSIENT);
  }

  @ParameterizedTest
  @EnumSource(ErrorKind.class)
  void eachKindHasItsVerdict(ErrorKind kind) {
    int code =
        codes()
            .filter(row -> row.get()[1] == kind)
            .map(row -> (Integer) row.get()[0])
            .findFirst()
            .orElse(99_999);

    Optional<Verdict> verdict = ErrorKind.CLASSIFIER.classify(error(code, "words"));

    assertThat(verdict)
        .contains(
            switch (kind) {
              case TRANSIENT -> Verdict.retry();
              case HISTORY_LOST, TOKEN_REJECTED -> Verdict.positionLost();
              case SETTINGS -> Verdict.refused();
              case FATAL, UNRETURNABLE -> Verdict.fatal();
              case UNKNOWN -> Verdict.unknown();
            });
  }

  @Test
  void theNetworksOwnFailuresPass() {
    assertThat(ErrorKind.CLASSIFIER.classify(new ConnectException("refused")))
        .contains(Verdict.retry());
  }

  @Test
  void aCycleOfCausesEnds() {
    RuntimeException one = new RuntimeException("one");
    RuntimeException two = new RuntimeException("two", one);
    one.initCause(two);

    assertThat(ErrorKind.of(one)).isEmpty();
  }
}
