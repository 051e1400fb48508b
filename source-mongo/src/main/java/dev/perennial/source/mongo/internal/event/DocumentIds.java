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
 * A reader of the usual document keys without decoding: keys with nothing but an {@code _id} of one
 * of the usual types. The caller must decode all other keys, including corrupt ones.
 */
public final class DocumentIds {

  /**
   * The bytes before the value: the document's length (4), the field's type (1), its name (3) and
   * the zero after the name (1).
   */
  private static final int BEFORE_VALUE = 4 + 1 + 3 + 1;

  private static final byte OBJECT_ID = 0x07;

  private DocumentIds() {}

  /**
   * Reads a key.
   *
   * @param from the offset of the document, whose length and final zero were already checked
   * @param to the offset after the document
   * @return the id; null if the key is of another kind
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
    // A string has its length, which includes the final zero, before its bytes.
    boolean whole =
        size >= 5 && BsonBytes.int32(bytes, at) == size - 4 && bytes[at + size - 1] == 0;
    return whole ? new BsonString(new String(bytes, at + 4, size - 5, UTF_8)) : null;
  }
}
