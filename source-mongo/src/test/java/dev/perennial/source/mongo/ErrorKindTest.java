package dev.perennial.source.mongo;

import static dev.perennial.source.mongo.ErrorKind.HISTORY_LOST;
import static dev.perennial.source.mongo.ErrorKind.SETTINGS;
import static dev.perennial.source.mongo.ErrorKind.TOKEN_REJECTED;
import static dev.perennial.source.mongo.ErrorKind.TRANSIENT;
import static dev.perennial.source.mongo.ErrorKind.UNRETURNABLE;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoChangeStreamException;
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
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import com.mongodb.spi.dns.DnsException;
import dev.perennial.port.Verdict;
import java.net.ConnectException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorKindTest {

  private static final ServerAddress SERVER = new ServerAddress("db.example", 27017);

  private static final ClusterDescription NO_SERVERS =
      new ClusterDescription(ClusterConnectionMode.MULTIPLE, ClusterType.UNKNOWN, List.of());

  static MongoCommandException error(int code, String words, String... labels) {
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

  static Stream<Arguments> codes() {
    return Stream.of(
            rows(
                TRANSIENT, 43, 6, 7, 63, 89, 91, 133, 134, 150, 189, 234, 262, 9001, 10107, 11600,
                11602, 13388, 13435, 13436, 26, 50, 175, 202, 216, 222, 237, 391, 433, 449),
            rows(SETTINGS, 13, 18, 20, 72, 73, 148, 166, 40324, 40415, 40573, 40575, 40674, 50865),
            rows(HISTORY_LOST, 286, 136, 40576),
            rows(TOKEN_REJECTED, 260, 15, 40647, 40585, 40615),
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RetryableWriteError",
        "TransientTransactionError",
        "NetworkError",
        "ResumableChangeStreamError"
      })
  void aCodeThatIsNotListedPassesWithALabel(String label) {
    assertThat(ErrorKind.of(error(99_999, "words", label))).contains(TRANSIENT);
    assertThat(ErrorKind.of(error(9, "words", label))).contains(TRANSIENT);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 59, 99_999, -1})
  void aCodeThatIsNotListedIsUnknown(int code) {
    assertThat(ErrorKind.of(error(code, "words", "NonResumableChangeStreamError"))).isEmpty();
    assertThat(ErrorKind.CLASSIFIER.classify(error(code, "words"))).isEmpty();
  }

  @Test
  void allOtherCodesAreUnknown() {
    List<Integer> listed =
        Stream.concat(Stream.of(9), codes().map(row -> (Integer) row.get()[0])).toList();

    List<Integer> known =
        IntStream.rangeClosed(-10, 60_000)
            .filter(code -> ErrorKind.of(error(code, "words")).isPresent())
            .boxed()
            .collect(Collectors.toList());

    assertThat(known)
        .containsExactlyInAnyOrderElementsOf(
            listed.stream().filter(code -> code <= 60_000).toList());
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
        Arguments.of(new MongoChangeStreamException("no _id"), UNRETURNABLE));
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

  @Test
  void whatOnlyTheApplicationCanMendIsUnknown() {
    assertThat(ErrorKind.of(new MongoConfigurationException("no such host"))).isEmpty();
    assertThat(ErrorKind.of(new MongoClientException("no sessions"))).isEmpty();
    assertThat(ErrorKind.of(new IllegalStateException("state should be: open"))).isEmpty();
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
            .orElseThrow();

    Optional<Verdict> verdict = ErrorKind.CLASSIFIER.classify(error(code, "words"));

    assertThat(verdict)
        .contains(
            switch (kind) {
              case TRANSIENT -> Verdict.retry();
              case HISTORY_LOST, TOKEN_REJECTED -> Verdict.positionLost();
              case SETTINGS, UNRETURNABLE -> Verdict.fatal();
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
