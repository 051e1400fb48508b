package dev.perennial.source.mongo.internal.position;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.RandomBson;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointTextTest {

  private final CheckpointText text = new CheckpointText("f1");

  @Test
  void writesOneLine() {
    assertThat(encoded(ResumePosition.ofToken(Tokens.ofHex(Samples.EVENT_TOKEN))))
        .isEqualTo(
            new Checkpoint("mongodb", "f1", "1 token " + Samples.EVENT_TOKEN + " 1594899637.3"));
    assertThat(encoded(ResumePosition.ofTime(new BsonTimestamp(-1, 7))))
        .isEqualTo(new Checkpoint("mongodb", "f1", "1 time 4294967295.7"));
    assertThat(
            encoded(ResumePosition.ofToken(BsonDocument.parse("{_data: 'x', n: 'a\\nb c'}")))
                .position())
        .isEqualTo("1 token {\"_data\": \"x\", \"n\": \"a\\nb c\"} -");
  }

  @Property
  void tokensRoundTrip(@ForAll Random random, @ForAll long time) throws CheckpointException {
    BsonDocument token = new RandomBson(random).token();
    assertRoundTrips(ResumePosition.ofToken(token));
    assertRoundTrips(ResumePosition.ofToken(BsonBytes.of(token), new BsonTimestamp(time)));
  }

  @Property
  void timesRoundTrip(@ForAll long time) throws CheckpointException {
    assertRoundTrips(ResumePosition.ofTime(new BsonTimestamp(time)));
  }

  private Checkpoint encoded(ResumePosition position) {
    return text.encode(position, Deployment.UNKNOWN);
  }

  private void assertRoundTrips(ResumePosition position) throws CheckpointException {
    Checkpoint written = encoded(position);

    CheckpointText.Restored restored = text.decode(Checkpoint.parse(written.toLine()));

    assertThat(restored.settingsChanged()).isEmpty();
    assertThat(restored.position()).isEqualTo(position);
    assertThat(restored.position().token()).isEqualTo(position.token());
    assertThat(restored.position().clusterTime()).isEqualTo(position.clusterTime());
    assertThat(written.position()).doesNotContain("\n", "\r", "\t");
  }

  @Test
  void readsATokenInRelaxedJson() throws CheckpointException {
    String json = BsonDocument.parse("{_data: '82AA', n: 5}").toJson();

    ResumePosition position =
        text.decode(new Checkpoint("mongodb", "f1", "1 token " + json + " 5.1")).position();

    assertThat(position.token()).contains(BsonDocument.parse("{_data: '82AA', n: 5}"));
    assertThat(position.clusterTime()).contains(new BsonTimestamp(5, 1));
  }

  @Test
  void underOtherSettingsGoesOnFromTheTime() throws CheckpointException {
    ResumePosition saved = ResumePosition.ofToken(Tokens.ofHex(Samples.EVENT_TOKEN));

    CheckpointText.Restored restored = new CheckpointText("f2").decode(encoded(saved));

    ResumePosition time = ResumePosition.ofTime(new BsonTimestamp(1594899637, 3));
    assertThat(restored.position()).isEqualTo(time);
    MongoListener.SettingsChanged change = restored.settingsChanged().orElseThrow();
    assertThat(change.checkpoint()).isEqualTo(saved);
    assertThat(change.resumed()).isEqualTo(time);
    assertThat(change.savedFingerprint()).isEqualTo("f1");
    assertThat(change.fingerprint()).isEqualTo("f2");
  }

  @Test
  void underOtherSettingsATimeStays() throws CheckpointException {
    ResumePosition saved = ResumePosition.ofTime(new BsonTimestamp(9, 1));

    CheckpointText.Restored restored = new CheckpointText("f2").decode(encoded(saved));

    assertThat(restored.position()).isEqualTo(saved);
    assertThat(restored.settingsChanged()).isPresent();
  }

  @Test
  void underOtherSettingsATokenWithoutATimeIsOfNoUse() {
    Checkpoint saved = encoded(ResumePosition.ofToken(Tokens.ofHex("AA")));

    assertThatThrownBy(() -> new CheckpointText("f2").decode(saved))
        .isInstanceOfSatisfying(
            CheckpointException.class,
            e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.MISMATCH))
        .hasMessageContaining("no cluster time")
        .hasMessageContaining("start afresh");
  }

  @Test
  void refusesAnotherSourcesCheckpoint() {
    assertThatThrownBy(() -> text.decode(new Checkpoint("tap", "f1", "1 time 5.1")))
        .isInstanceOfSatisfying(
            CheckpointException.class,
            e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.MISMATCH))
        .hasMessageContaining("\"tap\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''               | it must be a version and a position
          1                | it must be a version and a position
          garbage          | it must be a version and a position
          ' @set=rs0'      | it must be a version and a position
          ' @collection=x' | the deployment in it has the wrong form
          ' '              | its version is ""
          2 time 5.1       | its version is "2"
          '1 '             | "token" or "time" must follow its version
          1 time           | "token" or "time" must follow its version
          1 token          | "token" or "time" must follow its version
          1 place 82AA 5.1 | "token" or "time" must follow its version
          '1 time '        | "" is not a cluster time
          1 time 5         | "5" is not a cluster time
          1 time 5.        | "5." is not a cluster time
          1 time .5        | ".5" is not a cluster time
          1 time -5.1      | "-5.1" is not a cluster time
          1 time +5.1      | "+5.1" is not a cluster time
          '1 time 5.1 '    | "5.1 " is not a cluster time
          1 time -         | "-" is not a cluster time
          1 time 4294967296.1 | "4294967296.1" is not a cluster time
          1 time 99999999999999999999.1 | "99999999999999999999.1" is not a cluster time
          1 token 82AA x   | "x" is not a cluster time
          '1 token '       | a cluster time must follow its token
          1 token 82AA     | a cluster time must follow its token
          1 token  5.1     | its token is neither
          1 token 82A 5.1  | its token is neither
          1 token zz 5.1   | its token is neither
          1 token {_data 5.1 | its token is not extended JSON
          1 token {_data: {$oid: "xyz"}} 5.1 | its token is not extended JSON
          1 token {_data: {$numberLong: "x"}} 5.1 | its token is not extended JSON
          """)
  void saysWhatIsWrongWithGarbage(String position, String problem) {
    assertThatThrownBy(() -> text.decode(new Checkpoint("mongodb", "f1", position)))
        .isInstanceOfSatisfying(
            CheckpointException.class,
            e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.CORRUPT))
        .hasMessageStartingWith("Cannot read the checkpoint's position \"")
        .hasMessageContaining("\": " + problem)
        .hasMessageContaining("start afresh");
  }

  @Property
  void garbageIsNeverTakenForAPositionOrThrowsAnythingElse(@ForAll String position) {
    assertThatThrownBy(() -> text.decode(new Checkpoint("mongodb", "f1", position)))
        .isInstanceOf(CheckpointException.class);
  }
}
