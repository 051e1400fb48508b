package dev.perennial.source.mongo;

import java.util.Arrays;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/** Finds in an event that cannot be read what can be read all the same: its token and its time. */
final class Wreckage {

  private Wreckage() {}

  static MalformedChange of(byte[] event, CorruptBsonException cause) {
    byte @Nullable [] token = null;
    @Nullable BsonTimestamp time = null;
    // A length that is wrong does not make the elements wrong.
    int at = 4;
    try {
      while (at < event.length && event[at] != 0) {
        byte type = event[at];
        int nameEnd = BsonBytes.textEnd(event, at + 1, event.length);
        int value = nameEnd + 1;
        int end = BsonBytes.valueEnd(event, type, value, event.length);
        Field field = Field.named(event, at + 1, nameEnd);
        if (field != null && type == field.type) {
          if (field == Field.ID && token == null) {
            BsonBytes.check(event, value, end);
            token = Arrays.copyOfRange(event, value, end);
          } else if (field == Field.CLUSTER_TIME && time == null) {
            time = new BsonTimestamp(BsonBytes.int64(event, value));
          }
        }
        at = end;
      }
    } catch (CorruptBsonException e) {
      // The cause says what is wrong first; what was found before this place stands.
      return MalformedChange.received(event, token, time, cause);
    }
    return MalformedChange.received(event, token, time, cause);
  }
}
