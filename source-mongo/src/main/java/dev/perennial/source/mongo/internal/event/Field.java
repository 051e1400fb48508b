package dev.perennial.source.mongo.internal.event;

import static dev.perennial.source.mongo.internal.event.BsonBytes.BINARY;
import static dev.perennial.source.mongo.internal.event.BsonBytes.DATE_TIME;
import static dev.perennial.source.mongo.internal.event.BsonBytes.DOCUMENT;
import static dev.perennial.source.mongo.internal.event.BsonBytes.INT64;
import static dev.perennial.source.mongo.internal.event.BsonBytes.STRING;
import static dev.perennial.source.mongo.internal.event.BsonBytes.TIMESTAMP;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a change event that this version knows. Their types are those in the server's
 * documentation ("Change Events").
 */
public enum Field {
  ID(0, "_id", DOCUMENT),
  OPERATION_TYPE(1, "operationType", STRING),
  CLUSTER_TIME(2, "clusterTime", TIMESTAMP),
  WALL_TIME(3, "wallTime", DATE_TIME),
  FULL_DOCUMENT(4, "fullDocument", DOCUMENT),
  FULL_DOCUMENT_BEFORE_CHANGE(5, "fullDocumentBeforeChange", DOCUMENT),
  NS(6, "ns", DOCUMENT),
  NS_TYPE(7, "nsType", STRING),
  TO(8, "to", DOCUMENT),
  DOCUMENT_KEY(9, "documentKey", DOCUMENT),
  UPDATE_DESCRIPTION(10, "updateDescription", DOCUMENT),
  TXN_NUMBER(11, "txnNumber", INT64),
  LSID(12, "lsid", DOCUMENT),
  COLLECTION_UUID(13, "collectionUUID", BINARY),
  OPERATION_DESCRIPTION(14, "operationDescription", DOCUMENT),
  SPLIT_EVENT(15, "splitEvent", DOCUMENT);

  static final int COUNT = values().length;

  private static final int LONGEST = "fullDocumentBeforeChange".length();

  /** The fields by the length of their names; few fields share a length. */
  private static final Field[][] BY_LENGTH = new Field[LONGEST + 1][];

  static {
    for (int length = 0; length <= LONGEST; length++) {
      int wanted = length;
      BY_LENGTH[length] =
          Arrays.stream(values())
              .filter(field -> field.name.length == wanted)
              .toArray(Field[]::new);
    }
  }

  /** The field's index, less than {@link #COUNT}. */
  final int place;

  @SuppressWarnings("ImmutableEnumChecker") // No code writes to the array.
  final byte[] name;

  final byte type;

  Field(int place, String name, byte type) {
    this.place = place;
    this.name = name.getBytes(StandardCharsets.US_ASCII);
    this.type = type;
  }

  static @Nullable Field named(byte[] bytes, int from, int to) {
    int length = to - from;
    if (length > LONGEST) {
      return null;
    }
    for (Field field : BY_LENGTH[length]) {
      if (Arrays.equals(field.name, 0, length, bytes, from, to)) {
        return field;
      }
    }
    return null;
  }

  /** Returns the name as the server writes it. */
  @Override
  public String toString() {
    return new String(name, StandardCharsets.US_ASCII);
  }
}
