package dev.perennial.source.mongo.internal.position;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterTimeTest {

  @ParameterizedTest
  @CsvSource({
    "0.0, 0, 0",
    "9.19, 9, 19",
    "0000000005.0000000001, 5, 1",
    "4294967295.4294967295, -1, -1",
  })
  void readsBothHalvesUnsigned(String text, int seconds, int increment) {
    assertThat(ClusterTime.parse(text)).isEqualTo(new BsonTimestamp(seconds, increment));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "5",
        ".",
        "5.",
        ".1",
        "/.1",
        ":.1",
        "5.1.1",
        "4294967296.1",
        "1.4294967296",
        "00000000005.1",
        "9999999999.1"
      })
  void readsNothingElse(String text) {
    assertThat(ClusterTime.parse(text)).isNull();
  }

  @Test
  void itsSecondsAreAnInstant() {
    assertThat(ClusterTime.instant(new BsonTimestamp(-1, 5)))
        .isEqualTo(Instant.parse("2106-02-07T06:28:15Z"));
  }

  @Test
  void theNextTickCarriesIntoTheSeconds() {
    assertThat(ClusterTime.next(new BsonTimestamp(5, 1))).isEqualTo(new BsonTimestamp(5, 2));
    assertThat(ClusterTime.next(new BsonTimestamp(5, -1))).isEqualTo(new BsonTimestamp(6, 0));
  }
}
