package dev.perennial.source.mongo.internal.position;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.source.mongo.Samples;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

class CursorProgressTest {

  private static final ResumePosition HIGH_WATER = highWater("5F103CB6");
  private static final ResumePosition AT_EVENT =
      ResumePosition.ofToken(Tokens.ofHex(Samples.EVENT_TOKEN));
  private static final ResumePosition AT_TIME = ResumePosition.ofTime(new BsonTimestamp(9, 1));

  private static ResumePosition highWater(String second) {
    return ResumePosition.ofToken(Tokens.ofHex("82" + second + "00000001" + "2B0229296E04"));
  }

  private static CursorProgress unproved(boolean scanChecksStart) {
    return new CursorProgress(AT_EVENT, false, scanChecksStart);
  }

  @Test
  void isProvedByAnEventOrByAServerThatChecksItsStart() {
    CursorProgress old = unproved(false);
    assertThat(old.isProved()).isFalse();
    old.answered();
    assertThat(old.isProved()).isFalse();
    old.found();
    assertThat(old.isProved()).isTrue();
    old.answered();
    assertThat(old.isProved()).as("once and for all").isTrue();

    CursorProgress recent = unproved(true);
    assertThat(recent.isProved()).isFalse();
    recent.answered();
    assertThat(recent.isProved()).isTrue();
  }

  @Test
  void progressIsGivenOnceAndOnlyOfWhatIsProved() {
    CursorProgress point = unproved(false);
    assertThat(point.moved(HIGH_WATER)).isNull();
    assertThat(point.last()).isEqualTo(AT_EVENT);
    point.found();
    assertThat(point.moved(null)).isNull();
    assertThat(point.moved(AT_EVENT)).as("where it is already").isNull();
    assertThat(point.moved(HIGH_WATER)).isEqualTo(HIGH_WATER);
    assertThat(point.last()).isEqualTo(HIGH_WATER);
    assertThat(point.moved(highWater("5F103CB6"))).as("as it was").isNull();
    assertThat(point.moved(highWater("5F103CB7"))).isNotNull();
  }

  @Test
  void theTokenOfAnEventThatEndsTheStreamIsNoProgress() {
    ResumePosition invalidate = ResumePosition.ofToken(Tokens.ofHex(Samples.INVALIDATE_TOKEN));
    assertThat(invalidate.isInvalidate()).isTrue();
    CursorProgress point = new CursorProgress(AT_TIME, true, false);
    assertThat(point.moved(invalidate)).isNull();
    assertThat(point.last()).isEqualTo(AT_TIME);
  }

  @Test
  void anEventThatDoesNotSayWhereItIsIsWhereTheOneBeforeItWas() {
    CursorProgress point = new CursorProgress(AT_TIME, true, false);
    assertThat(point.at(null)).isEqualTo(AT_TIME);
    assertThat(point.at(AT_EVENT)).isEqualTo(AT_EVENT);
    assertThat(point.at(null)).isEqualTo(AT_EVENT);
    assertThat(point.last()).isEqualTo(AT_EVENT);
  }
}
