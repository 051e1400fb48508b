package dev.perennial.source.mongo;

import java.util.Arrays;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Finds in an event that cannot be read what can be read all the same: its token and its time, and
 * which part of an event it is.
 */
final class Wreckage {

  private Wreckage() {}

  static MalformedChange of(byte[] event, CorruptBsonException cause) {
    byte @Nullable [] token = null;
    @Nullable BsonTimestamp time = null;
    @Nullable SplitEvent part = null;
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
          } else if (field == Field.SPLIT_EVENT && part == null) {
            part = part(event, value, end);
          }
        }
        at = end;
      }
    } catch (CorruptBsonException e) {
      // The cause says what is wrong first; what was found before this place stands.
      return MalformedChange.received(event, token, time, cause, part);
    }
    return MalformedChange.received(event, token, time, cause, part);
  }

  private static @Nullable SplitEvent part(byte[] event, int from, int to) {
    try {
      return SplitEvent.read(new RawBsonDocument(event, from, to - from));
    } catch (RuntimeException e) {
      // As with the rest: what cannot be read is not known.
      return null;
    }
  }
}
