package dev.perennial.source.mongo.internal.event;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import java.util.Arrays;
import java.util.List;

/**
 * A function that joins the fragments of a split event. The server splits between fields, so the
 * event is the union of the fragments' fields. Its token is that of the last fragment, after which
 * no part of it is sent again.
 */
final class Fragments {

  private Fragments() {}

  /**
   * Returns the whole event without the splitEvent field.
   *
   * @param fragments the fragments of one event, in order, at least one
   * @param reader the reader of the joined event
   */
  static ChangeEvent join(List<Change> fragments, EventReader reader) {
    try {
      return reader.read(bytes(fragments));
    } catch (CorruptBsonException e) {
      throw new IllegalStateException("a fragment that was read before cannot be read again", e);
    }
  }

  private static byte[] bytes(List<Change> fragments) throws CorruptBsonException {
    long room = BsonBytes.EMPTY_DOCUMENT;
    for (Change fragment : fragments) {
      room += fragment.size() - BsonBytes.EMPTY_DOCUMENT;
    }
    byte[] whole = new byte[Math.toIntExact(room)];
    // The token is the first field, as in an event from the server.
    int to = copy(fragments.get(fragments.size() - 1).envelope().bytes, whole, 4, true);
    for (Change fragment : fragments) {
      to = copy(fragment.envelope().bytes, whole, to, false);
    }
    to++; // The final zero; the new array already contains it.
    BsonBytes.putInt32(whole, 0, to);
    return Arrays.copyOf(whole, to);
  }

  /** Copies either only the token, or all fields except the token and the splitEvent field. */
  private static int copy(byte[] fragment, byte[] whole, int to, boolean token)
      throws CorruptBsonException {
    int last = fragment.length - 1;
    int end = to;
    int at = 4;
    while (at < last) {
      int nameEnd = BsonBytes.textEnd(fragment, at + 1, last);
      int next = BsonBytes.valueEnd(fragment, fragment[at], nameEnd + 1, last);
      Field field = Field.named(fragment, at + 1, nameEnd);
      boolean wanted = token ? field == Field.ID : field != Field.ID && field != Field.SPLIT_EVENT;
      if (wanted) {
        System.arraycopy(fragment, at, whole, end, next - at);
        end += next - at;
      }
      at = next;
    }
    return end;
  }
}
