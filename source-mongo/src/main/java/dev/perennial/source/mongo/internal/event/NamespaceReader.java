package dev.perennial.source.mongo.internal.event;

import dev.perennial.source.mongo.Namespace;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A reader of namespaces with a small cache. For the same bytes it returns the same object while
 * that object is in the cache, because most events of a stream come from a few collections. Not
 * safe for use from several threads.
 */
final class NamespaceReader {

  /** The number of cache entries, a power of two. */
  private static final int PLACES = 64;

  private final @Nullable Known[] known = new Known[PLACES];

  @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
  private record Known(byte[] bytes, @Nullable Namespace name) {}

  /**
   * Reads the document between two offsets, whose length was already checked. Returns null if a
   * part of the name is not a string.
   */
  @Nullable Namespace read(byte[] bytes, int from, int to) throws CorruptBsonException {
    int place = place(bytes, from, to);
    Known seen = known[place];
    if (seen != null && Arrays.equals(seen.bytes, 0, seen.bytes.length, bytes, from, to)) {
      return seen.name;
    }
    @Nullable Namespace fresh = parse(bytes, from, to);
    known[place] = new Known(Arrays.copyOfRange(bytes, from, to), fresh);
    return fresh;
  }

  private static int place(byte[] bytes, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + bytes[i];
    }
    return (hash ^ hash >>> 16) & PLACES - 1;
  }

  private static @Nullable Namespace parse(byte[] bytes, int from, int to)
      throws CorruptBsonException {
    @Nullable String database = null;
    @Nullable String collection = null;
    int last = to - 1;
    int at = from + 4;
    while (at < last) {
      int nameEnd = BsonBytes.textEnd(bytes, at + 1, last);
      int value = nameEnd + 1;
      int valueEnd = BsonBytes.valueEnd(bytes, bytes[at], value, last);
      boolean first = database == null && isNamed(bytes, at + 1, nameEnd, "db");
      if (first || (collection == null && isNamed(bytes, at + 1, nameEnd, "coll"))) {
        if (bytes[at] != BsonBytes.STRING) {
          return null;
        }
        String text = new String(bytes, value + 4, valueEnd - value - 5, StandardCharsets.UTF_8);
        database = first ? text : database;
        collection = first ? collection : text;
      }
      at = valueEnd;
    }
    return new Namespace(database == null ? "" : database, Optional.ofNullable(collection));
  }

  private static boolean isNamed(byte[] bytes, int from, int to, String name) {
    if (to - from != name.length()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      if (bytes[from + i] != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
