package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.source.mongo.internal.position.Tokens;
import java.time.Instant;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartPositionTest {

  @Test
  void readsNow() {
    assertThat(StartPosition.parse(" now ")).isEqualTo(StartPosition.now()).hasToString("now");
  }

  @Test
  void readsATime() {
    Instant time = Instant.parse("2026-11-22T10:00:00Z");

    assertThat(StartPosition.parse("2026-11-22T10:00:00Z"))
        .isEqualTo(StartPosition.at(time))
        .isEqualTo(StartPosition.at(new BsonTimestamp((int) time.getEpochSecond(), 0)))
        .hasToString("2026-11-22T10:00:00Z");
  }

  @Test
  void aTimeWithinASecondBeginsWithTheSecond() {
    assertThat(StartPosition.at(Instant.parse("2026-11-22T10:00:00.999Z")))
        .isEqualTo(StartPosition.at(Instant.parse("2026-11-22T10:00:00Z")));
  }

  @Test
  void theFirstSecondIsATime() {
    assertThat(StartPosition.at(Instant.parse("1970-01-01T00:00:01Z")))
        .isEqualTo(StartPosition.at(new BsonTimestamp(1, 0)));
  }

  @Test
  void timesAreUnsigned() {
    assertThat(StartPosition.at(Instant.parse("2106-02-07T06:28:15Z")))
        .isEqualTo(StartPosition.at(new BsonTimestamp(-1, 0)))
        .hasToString("2106-02-07T06:28:15Z");
    assertThat(StartPosition.at(new BsonTimestamp(-1, -1)))
        .hasToString("cluster time 4294967295.4294967295");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2106-02-07T06:28:16Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z"})
  void refusesATimeThatNoClusterTimeHolds(String time) {
    assertThatThrownBy(() -> StartPosition.parse(time))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2106");
    assertThatThrownBy(() -> StartPosition.at(new BsonTimestamp(0, 0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readsATokenInDigitsOrJson() {
    BsonDocument token = Tokens.ofHex(Samples.EVENT_TOKEN);

    assertThat(StartPosition.parse(Samples.EVENT_TOKEN))
        .isEqualTo(StartPosition.after(token))
        .isEqualTo(StartPosition.parse(token.toJson()))
        .hasToString(Samples.EVENT_TOKEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "yesterday",
        "{",
        "{_data",
        "2026-11-22",
        "20261122",
        "1700000000",
        "cafe",
        "8265B2A4C2000000",
        "82A",
        "{_data: {$oid: 'xyz'}}",
        "{_data: {$binary: {base64: '*', subType: '00'}}}",
        "{_data: {$numberLong: 'x'}}"
      })
  void saysWhatIsNoStart(String text) {
    assertThatThrownBy(() -> StartPosition.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("start");
  }
}
