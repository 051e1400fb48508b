package dev.perennial.simulators.mongo.changes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.simulators.mongo.storage.Change;
import dev.perennial.simulators.mongo.storage.ChangeKind;
import dev.perennial.simulators.mongo.storage.CollectionState;
import dev.perennial.simulators.mongo.storage.DocumentChange;
import dev.perennial.simulators.mongo.storage.Namespace;
import dev.perennial.simulators.mongo.storage.OplogEntry;
import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.types.ObjectId;

/** Properties of resume tokens made from random keys. */
class ResumeTokenPropertyTest {

  private static final UUID COLLECTION = new UUID(0x4000L, Long.MIN_VALUE);

  @Property
  void anEventsTokenIsReadAsItWasWritten(
      @ForAll int seconds,
      @ForAll int increment,
      @ForAll("ids") BsonValue id,
      @ForAll @IntRange(max = 100_000) int index,
      @ForAll @IntRange(min = 1, max = 2) int version,
      @ForAll boolean invalidate) {
    ResumeToken token = ResumeToken.of(entry(seconds, increment, id, index), version, invalidate);

    assertThat(ResumeToken.parse(token.hex())).isEqualTo(token);
  }

  @Property
  void aFragmentsTokenIsReadAsItWasWritten(
      @ForAll("ids") BsonValue id, @ForAll @IntRange(max = 1_000) int fragment) {
    ResumeToken token = ResumeToken.of(entry(1, 1, id, 0), 2, false).withFragment(fragment);

    assertThat(ResumeToken.parse(token.hex())).isEqualTo(token);
  }

  @Property
  void tokensSortByTimeAndThenByIndex(
      @ForAll long time,
      @ForAll long other,
      @ForAll @IntRange(max = 100_000) int index,
      @ForAll @IntRange(max = 100_000) int otherIndex) {
    String left = ResumeToken.of(entry(time, index), 1, false).hex();
    String right = ResumeToken.of(entry(other, otherIndex), 1, false).hex();
    int byTime = Long.compareUnsigned(time, other);
    int expected = byTime != 0 ? byTime : Integer.compare(index, otherIndex);

    assertThat(Integer.signum(left.compareTo(right))).isEqualTo(Integer.signum(expected));
    assertThat(ResumeToken.highWater(new BsonTimestamp(time), 1).hex()).isLessThan(left);
  }

  @Property
  void aTokenThatWasCutIsRefused(
      @ForAll("ids") BsonValue id,
      @ForAll @IntRange(min = 1, max = 2) int version,
      @ForAll @IntRange(min = 1, max = 200) int length) {
    String whole = ResumeToken.of(entry(1, 1, id, 0), version, false).hex();
    String cut = whole.substring(0, Math.min(2 * length, whole.length() - 2));

    assertThatThrownBy(() -> ResumeToken.parse(cut)).isInstanceOf(CommandError.class);
  }

  @Property
  void garbageIsRefusedOrRead(@ForAll byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    for (byte b : bytes) {
      hex.append(String.format("%02X", b));
    }
    try {
      ResumeToken.parse(hex.toString());
    } catch (CommandError e) {
      assertThat(e.code()).isPositive();
    }
  }

  @Provide
  Arbitrary<BsonValue> ids() {
    return Arbitraries.oneOf(
        Arbitraries.integers().map(BsonInt32::new),
        Arbitraries.longs().between(-(1L << 61), 1L << 61).map(BsonInt64::new),
        Arbitraries.doubles().map(BsonDouble::new),
        Arbitraries.strings().ofMaxLength(20).map(BsonString::new),
        Arbitraries.of(true, false).map(BsonBoolean::new),
        Arbitraries.longs().map(BsonDateTime::new),
        Arbitraries.bytes().array(byte[].class).ofMaxSize(300).map(BsonBinary::new),
        Arbitraries.bytes()
            .array(byte[].class)
            .ofSize(12)
            .map(bytes -> new BsonObjectId(new ObjectId(bytes))),
        Arbitraries.strings()
            .ofMaxLength(5)
            .map(text -> new BsonDocument("a", new BsonString(text))));
  }

  private static OplogEntry entry(long time, int index) {
    return entry((int) (time >>> 32), (int) time, new BsonInt32(1), index);
  }

  private static OplogEntry entry(int seconds, int increment, BsonValue id, int index) {
    BsonDocument key = new BsonDocument("_id", id);
    CollectionState collection =
        new CollectionState(Namespace.parse("shop.orders"), COLLECTION, false);
    Change change =
        Change.ofDocument(
            ChangeKind.INSERT, collection, new DocumentChange(key, null, key, null, false));
    return new OplogEntry(new BsonTimestamp(seconds, increment), 0, change, index, null);
  }
}
