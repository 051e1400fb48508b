package dev.perennial.source.mongo.internal.position;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.source.mongo.Samples;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

class CursorProgressTest {

  private static final BsonDocument EVENT = Tokens.ofHex(Samples.EVENT_TOKEN);
  private static final BsonDocument HIGH_WATER = highWater("5F103CB6");
  private static final ResumePosition AT_EVENT = ResumePosition.ofToken(EVENT);
  private static final ResumePosition AT_TIME = ResumePosition.ofTime(new BsonTimestamp(9, 1));

  private static BsonDocument highWater(String second) {
    return Tokens.ofHex("82" + second + "00000001" + "2B0229296E04");
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
  void anUnprovedCursorThatTheDriverReplacedIsOpenedAnew() {
    for (boolean scanChecksStart : new boolean[] {false, true}) {
      for (boolean found : new boolean[] {false, true}) {
        assertThat(unproved(scanChecksStart).survivesReplacement(found)).isFalse();
      }
    }
  }

  @Test
  void aProvedOneIsOnlyWhereNobodyLooksAtTheToken() {
    CursorProgress atEvent = new CursorProgress(AT_EVENT, true, false);
    assertThat(atEvent.survivesReplacement(false)).isFalse();
    assertThat(atEvent.survivesReplacement(true)).isTrue();
    assertThat(new CursorProgress(AT_TIME, true, false).survivesReplacement(false)).isTrue();
    assertThat(new CursorProgress(AT_EVENT, true, true).survivesReplacement(false)).isTrue();
  }

  @Test
  void progressIsGivenOnceAndOnlyOfWhatIsProved() {
    CursorProgress point = unproved(false);
    assertThat(point.moved(HIGH_WATER)).isEmpty();
    assertThat(point.last()).isEqualTo(AT_EVENT);
    point.found();
    assertThat(point.moved(null)).isEmpty();
    assertThat(point.moved(EVENT)).as("where it is already").isEmpty();
    assertThat(point.moved(HIGH_WATER)).contains(ResumePosition.ofToken(HIGH_WATER));
    assertThat(point.last()).isEqualTo(ResumePosition.ofToken(HIGH_WATER));
    assertThat(point.moved(highWater("5F103CB6"))).as("as it was").isEmpty();
    assertThat(point.moved(highWater("5F103CB7"))).isPresent();
  }

  @Test
  void theTokenOfAnEventThatEndsTheStreamIsNoProgress() {
    BsonDocument invalidate = Tokens.ofHex(Samples.INVALIDATE_TOKEN);
    assertThat(ResumePosition.ofToken(invalidate).isInvalidate()).isTrue();
    CursorProgress point = new CursorProgress(AT_TIME, true, false);
    assertThat(point.moved(invalidate)).isEmpty();
    assertThat(point.last()).isEqualTo(AT_TIME);
  }

  @Test
  void anEventThatDoesNotSayWhereItIsIsWhereTheOneBeforeItWas() {
    CursorProgress point = new CursorProgress(AT_TIME, true, false);
    assertThat(point.at(Optional.empty())).isEqualTo(AT_TIME);
    assertThat(point.at(Optional.of(AT_EVENT))).isEqualTo(AT_EVENT);
    assertThat(point.at(Optional.empty())).isEqualTo(AT_EVENT);
    assertThat(point.last()).isEqualTo(AT_EVENT);
  }
}
