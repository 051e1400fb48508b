package dev.perennial.source.mongo.internal.position;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResumePositionTest {

  private static ResumePosition token(String hex) {
    return ResumePosition.ofToken(Tokens.ofHex(hex));
  }

  @ParameterizedTest
  @ValueSource(strings = {Samples.EVENT_TOKEN, Samples.EVENT_TOKEN_V2, Samples.DROP_TOKEN})
  void knowsAnEventsToken(String hex) {
    ResumePosition position = token(hex);

    assertThat(position.isEvent()).isTrue();
    assertThat(position.isInvalidate()).isFalse();
    assertThat(position.token()).contains(Tokens.ofHex(hex));
    assertThat(position.operationTime()).isEmpty();
  }

  @Test
  void knowsATokenThatStandsForATime() {
    ResumePosition position = token(Samples.HIGH_WATER_TOKEN);

    assertThat(position.isEvent()).isFalse();
    assertThat(position.isInvalidate()).isFalse();
    assertThat(position.clusterTime()).contains(new BsonTimestamp(0x5F103CB6, 1));
    assertThat(position.time()).contains(Instant.ofEpochSecond(0x5F103CB6));
  }

  @Test
  void knowsTheTokenOfAnInvalidate() {
    ResumePosition position = token(Samples.INVALIDATE_TOKEN);

    assertThat(position.isInvalidate()).isTrue();
    assertThat(position.isEvent()).isTrue();
    assertThat(position.clusterTime()).isEqualTo(token(Samples.DROP_TOKEN).clusterTime());
    assertThat(position).isNotEqualTo(token(Samples.DROP_TOKEN));
  }

  @Test
  void readsATokensTimeUnsigned() {
    ResumePosition position = token("82FFFFFFFFFFFFFFFE2B0229296E04");

    BsonTimestamp time = position.clusterTime().orElseThrow();
    assertThat(time).isEqualTo(new BsonTimestamp(-1, -2));
    assertThat(time).isGreaterThan(token(Samples.EVENT_TOKEN).clusterTime().orElseThrow());
    assertThat(position.toString()).contains("4294967295.4294967294");
  }

  /** Of 4.0: version 0, with neither a type nor the mark of an invalidate. */
  @Test
  void takesAnOldTokenForAnEvents() {
    ResumePosition position =
        token("825F103CB50000000329295A100484010E04E239427B8CBCA810283D05A504");

    assertThat(position.isEvent()).isTrue();
    assertThat(position.clusterTime()).contains(new BsonTimestamp(0x5F103CB5, 3));
  }

  /** Of 4.0 up to 4.0.6: the key as it is. */
  @Test
  void readsATokenInBinary() {
    byte[] key = HexFormat.of().parseHex(Samples.HIGH_WATER_TOKEN);

    ResumePosition position =
        ResumePosition.ofToken(new BsonDocument("_data", new BsonBinary(key)));

    assertThat(position.isEvent()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{_data: 5}",
        "{_data: ''}",
        "{_data: 'no hex'}",
        "{_data: '82'}",
        "{_data: '825F103CB5000000'}",
        "{_data: '7F5F103CB5000000032B0229296E04'}",
        "{_data: '825F103CB50000000G2B0229296E04'}",
        "{_data: '825F103CB5000000032B02G9296E04'}",
        "{_data: '825F103CB5000000032B0229296E0'}",
        "{other: 'x'}"
      })
  void whatLooksDifferentIsAnEventsWithoutATime(String token) {
    ResumePosition position = ResumePosition.ofToken(BsonDocument.parse(token));

    assertThat(position.isEvent()).isTrue();
    assertThat(position.clusterTime()).isEmpty();
    assertThat(position.degraded()).isEmpty();
    assertThat(position.toString()).contains("unknown time");
  }

  @Test
  void readsATokenWithTypeBits() {
    ResumePosition position =
        ResumePosition.ofToken(
            Tokens.ofHex(Samples.INVALIDATE_TOKEN)
                .append("_typeBits", new BsonBinary(new byte[] {0x40})));

    assertThat(position.isInvalidate()).isTrue();
    assertThat(position.clusterTime()).contains(new BsonTimestamp(0x5F103CB7, 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "825F103CB500000003",
        "825F103CB5000000032B",
        "825F103CB5000000032B02",
        "825F103CB5000000032B022C01",
        "825F103CB5000000032B0229",
        "825F103CB5000000032B022929",
        "825F103CB5000000032B02292B02",
        "825F103CB5000000032B02FF296E04"
      })
  void aTokenThatIsCutOffKeepsItsTime(String hex) {
    ResumePosition position = token(hex);

    assertThat(position.isEvent()).isTrue();
    assertThat(position.clusterTime()).contains(new BsonTimestamp(0x5F103CB5, 3));
  }

  @Test
  void aTokensOwnTimeBeatsTheOneThatCameWithIt() {
    BsonTimestamp other = new BsonTimestamp(1, 1);

    assertThat(
            ResumePosition.ofToken(BsonBytes.of(Tokens.ofHex(Samples.EVENT_TOKEN)), other)
                .clusterTime())
        .contains(new BsonTimestamp(0x5F103CB5, 3));
    assertThat(ResumePosition.ofToken(BsonBytes.of(Tokens.ofHex("AA")), other).clusterTime())
        .contains(other);
    assertThat(ResumePosition.ofToken(BsonBytes.of(Tokens.ofHex("AA")), other).operationTime())
        .isEmpty();
    assertThat(ResumePosition.ofTime(other).operationTime()).contains(other);
  }

  @Test
  void degradesToItsTime() {
    BsonTimestamp time = new BsonTimestamp(0x5F103CB5, 3);

    assertThat(token(Samples.EVENT_TOKEN).degraded()).contains(ResumePosition.ofTime(time));
    assertThat(ResumePosition.ofTime(time).degraded()).contains(ResumePosition.ofTime(time));
  }

  @Test
  void isEqualByTokenOrTime() {
    BsonTimestamp time = new BsonTimestamp(5, 1);

    assertThat(token(Samples.EVENT_TOKEN))
        .isEqualTo(ResumePosition.ofToken(BsonBytes.of(Tokens.ofHex(Samples.EVENT_TOKEN)), time))
        .hasSameHashCodeAs(
            ResumePosition.ofToken(BsonBytes.of(Tokens.ofHex(Samples.EVENT_TOKEN)), time))
        .isNotEqualTo(token(Samples.HIGH_WATER_TOKEN))
        .isNotEqualTo(ResumePosition.ofTime(time));
    assertThat(ResumePosition.ofTime(time))
        .isEqualTo(ResumePosition.ofTime(new BsonTimestamp(5, 1)))
        .hasSameHashCodeAs(ResumePosition.ofTime(new BsonTimestamp(5, 1)))
        .isNotEqualTo(ResumePosition.ofTime(new BsonTimestamp(5, 2)));
  }

  @Test
  void isEqualToNothingElseAndHasAHashOfItsOwn() {
    ResumePosition time = ResumePosition.ofTime(new BsonTimestamp(5, 1));
    ResumePosition event = token(Samples.EVENT_TOKEN);

    assertThat(time)
        .isNotEqualTo(new BsonTimestamp(5, 1))
        .doesNotHaveSameHashCodeAs(ResumePosition.ofTime(new BsonTimestamp(5, 2)));
    assertThat(event)
        .isNotEqualTo(Tokens.ofHex(Samples.EVENT_TOKEN))
        .doesNotHaveSameHashCodeAs(token(Samples.HIGH_WATER_TOKEN));
  }

  @Test
  void aCheckpointKeepsThePositionInWhosePlaceAnotherIsTried() {
    ResumePosition event = token(Samples.EVENT_TOKEN);
    ResumePosition time = event.degraded().orElseThrow();
    ResumePosition later = ResumePosition.ofTime(new BsonTimestamp(1594899638, 1));

    assertThat(event.durable()).isSameAs(event);
    assertThat(time.inPlaceOf(event)).isEqualTo(time);
    assertThat(time.inPlaceOf(event).durable()).isSameAs(event);
    assertThat(later.inPlaceOf(time.inPlaceOf(event)).durable()).isSameAs(event);
  }

  /** The largest number that is known, one that is larger, and two with a fraction. */
  @ParameterizedTest
  @CsvSource({
    "2B02, 32 FFFFFFFFFFFFFFFE, true",
    "2B02, 33 001000000000000000, false",
    "2B02, 2B03, false",
    "2B03, 2B02, false",
  })
  void findsTheMarkOfAnInvalidateBehindTwoNumbers(String type, String operation, boolean found) {
    String hex = "825F103CB500000003" + "2B02" + type + operation.replace(" ", "") + "6F04";

    assertThat(token(hex).isInvalidate()).isEqualTo(found);
    assertThat(token(hex).isEvent()).isTrue();
  }

  @Test
  void anEventsPositionIsThatOfItsToken() {
    Change change = Samples.change("clusterTime: {$timestamp: {t: 7, i: 1}}");

    assertThat(change.position()).isEqualTo(token(Samples.EVENT_TOKEN));
  }

  @Test
  void hasAShortText() {
    assertThat(token(Samples.EVENT_TOKEN))
        .hasToString("MongoPosition[event 1594899637.3 …64002B080004]");
    assertThat(token(Samples.HIGH_WATER_TOKEN))
        .hasToString("MongoPosition[high-water 1594899638.1 …2B0229296E04]");
    assertThat(ResumePosition.ofTime(new BsonTimestamp(-1, 2)))
        .hasToString("MongoPosition[time 4294967295.2]");
    assertThat(token(Samples.INVALIDATE_TOKEN).toString()).startsWith("MongoPosition[invalidate ");
  }

  @Property
  void readsWhatAServerWrites(
      @ForAll @LongRange(min = Long.MIN_VALUE) long time,
      @ForAll @IntRange(min = 1, max = 2) int version,
      @ForAll boolean event,
      @ForAll @LongRange(min = 0, max = (1L << 55) - 1) long operation,
      @ForAll boolean invalidate) {
    String hex =
        "82"
            + HexFormat.of().withUpperCase().toHexDigits(time)
            + number(version)
            + number(event ? 128 : 0)
            + number(operation)
            + (invalidate ? "6F" : "6E")
            + "5A100484010E04E239427B8CBCA810283D05A504";

    ResumePosition position = token(hex);

    assertThat(position.clusterTime()).contains(new BsonTimestamp(time));
    assertThat(position.isInvalidate()).isEqualTo(invalidate);
    assertThat(position.isEvent()).isEqualTo(event || invalidate);
  }

  /** A key string's number: its size within its type, then twice its value. */
  private static String number(long value) {
    if (value == 0) {
      return "29";
    }
    String digits = Long.toHexString(value << 1);
    String even = digits.length() % 2 == 0 ? digits : '0' + digits;
    return String.format("%02X", 0x2B + even.length() / 2 - 1) + even.toUpperCase(Locale.ROOT);
  }
}
