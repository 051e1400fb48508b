package dev.perennial.source.mongo.internal.event;

import dev.perennial.source.mongo.Namespace;
import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * A reader of namespaces with a small cache. For the same bytes it returns the same object while
 * that object is in the cache, because most events of a stream come from a few collections. Not
 * safe for use from several threads.
 */
final class NamespaceReader {

  /** The number of cache entries, a power of two. */
  private static final int PLACES = 1024;

  private final @Nullable Known[] known = new Known[PLACES];

  @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
  private record Known(byte[] bytes, @Nullable Namespace name) {}

  /** Reads the document between two offsets. Returns null if a part of the name is not a string. */
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
    BsonBytes.check(bytes, from, to);
    BsonDocument parts = new RawBsonDocument(bytes, from, to - from);
    BsonValue database = parts.get("db", new BsonString(""));
    BsonValue collection = parts.get("coll");
    if (!database.isString() || (collection != null && !collection.isString())) {
      return null;
    }
    return new Namespace(
        database.asString().getValue(),
        Optional.ofNullable(collection).map(name -> name.asString().getValue()));
  }
}
