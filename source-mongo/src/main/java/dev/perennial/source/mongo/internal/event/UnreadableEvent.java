package dev.perennial.source.mongo.internal.event;

import dev.perennial.source.mongo.SplitEvent;
import java.util.Arrays;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * An event that cannot be read, with the parts that can: its token, its time, and which part of a
 * split event it is.
 *
 * @param bytes the bytes of exactly the event, owned by this object; empty if the server could not
 *     return it
 * @param size the event's size in bytes, as received or in the server's message; 0 if it is unknown
 * @param token the resume token's BSON; null if it could not be read
 * @param clusterTime null if it could not be read
 * @param cause the reason why it cannot be read
 * @param part which part of a split event it is; null if it was not split or that cannot be read
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared: MalformedChange compares the bytes.
public record UnreadableEvent(
    byte[] bytes,
    long size,
    byte @Nullable [] token,
    @Nullable BsonTimestamp clusterTime,
    Throwable cause,
    @Nullable SplitEvent part) {

  /** Returns an event that the server could not return. */
  public static UnreadableEvent unreturned(BsonDocument token, long size, Throwable cause) {
    return new UnreadableEvent(new byte[0], size, BsonBytes.of(token), null, cause, null);
  }

  /** Returns what is wrong with it, in one clause. */
  public String problem() {
    return cause instanceof CorruptBsonException corrupt
        ? corrupt.problem()
        : String.valueOf(cause.getMessage());
  }

  /** Reads the readable parts of a received event. */
  static UnreadableEvent read(byte[] event, CorruptBsonException cause) {
    byte @Nullable [] token = null;
    @Nullable BsonTimestamp time = null;
    @Nullable SplitEvent part = null;
    // Even if the length is wrong, the elements may be valid.
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
      // The given cause is the first error. The parts found before this one are valid.
    }
    return new UnreadableEvent(event, event.length, token, time, cause, part);
  }

  private static @Nullable SplitEvent part(byte[] event, int from, int to) {
    try {
      return NestedDocuments.splitEvent(new RawBsonDocument(event, from, to - from));
    } catch (RuntimeException e) {
      // A part that cannot be read counts as unknown.
      return null;
    }
  }
}
