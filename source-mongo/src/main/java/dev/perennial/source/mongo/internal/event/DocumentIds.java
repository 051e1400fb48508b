package dev.perennial.source.mongo.internal.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * Reads the id out of a document key as most are, without decoding it: nothing but an {@code _id}
 * of one of the usual types. For any other, and for what is corrupt, decode the key.
 */
public final class DocumentIds {

  /** The document's length, the field's type, its name and the zero behind that. */
  private static final int BEFORE_VALUE = 4 + 1 + 3 + 1;

  private static final byte OBJECT_ID = 0x07;

  private DocumentIds() {}

  /**
   * Reads a key.
   *
   * @param from where the document begins, whose length and final zero were checked
   * @param to where it ends
   * @return null if it is another kind of key
   */
  public static @Nullable BsonValue only(byte[] bytes, int from, int to) {
    int value = from + BEFORE_VALUE;
    int size = to - 1 - value;
    if (size < 0 || !isId(bytes, from + 5)) {
      return null;
    }
    return switch (bytes[from + 4]) {
      case OBJECT_ID ->
          size == 12
              ? new BsonObjectId(new ObjectId(Arrays.copyOfRange(bytes, value, value + 12)))
              : null;
      case BsonBytes.INT32 -> size == 4 ? new BsonInt32(BsonBytes.int32(bytes, value)) : null;
      case BsonBytes.INT64 -> size == 8 ? new BsonInt64(BsonBytes.int64(bytes, value)) : null;
      case BsonBytes.STRING -> string(bytes, value, size);
      default -> null;
    };
  }

  private static boolean isId(byte[] bytes, int at) {
    return bytes[at] == '_' && bytes[at + 1] == 'i' && bytes[at + 2] == 'd' && bytes[at + 3] == 0;
  }

  private static @Nullable BsonValue string(byte[] bytes, int at, int size) {
    // Its length, which counts the final zero, and that zero.
    boolean whole =
        size >= 5 && BsonBytes.int32(bytes, at) == size - 4 && bytes[at + size - 1] == 0;
    return whole ? new BsonString(new String(bytes, at + 4, size - 5, UTF_8)) : null;
  }
}
