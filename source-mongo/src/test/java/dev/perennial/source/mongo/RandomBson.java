package dev.perennial.source.mongo;

import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDbPointer;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonJavaScript;
import org.bson.BsonJavaScriptWithScope;
import org.bson.BsonMaxKey;
import org.bson.BsonMinKey;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonSymbol;
import org.bson.BsonTimestamp;
import org.bson.BsonUndefined;
import org.bson.BsonValue;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;

/** Makes change events, and values of every BSON type. */
public final class RandomBson {

  private static final int TYPES = 20;

  private final Random random;

  public RandomBson(Random random) {
    this.random = random;
  }

  /** Each of the server's fields or not, in any order behind the token, and some that are new. */
  public BsonDocument event() {
    BsonDocument event = new BsonDocument("_id", token());
    OperationType[] types = OperationType.values();
    maybe(event, "operationType", new BsonString(types[random.nextInt(types.length)].value()));
    maybe(event, "x" + text(), value(2));
    maybe(event, "clusterTime", new BsonTimestamp(random.nextLong()));
    maybe(event, "ns", namespace());
    maybe(event, "fullDocument", orNull(document(3)));
    maybe(event, "wallTime", new BsonDateTime(random.nextInt() * 1000L));
    maybe(event, "documentKey", new BsonDocument("_id", value(1)));
    maybe(event, "updateDescription", updateDescription());
    maybe(event, "txnNumber", new BsonInt64(random.nextLong()));
    maybe(event, "lsid", document(1));
    maybe(event, "nsType", new BsonString("collection"));
    maybe(event, "to", namespace());
    maybe(event, "fullDocumentBeforeChange", orNull(document(2)));
    maybe(
        event,
        "splitEvent",
        new BsonDocument("fragment", new BsonInt32(1)).append("of", new BsonInt32(2)));
    return event;
  }

  public BsonDocument token() {
    byte[] key = new byte[random.nextInt(60)];
    random.nextBytes(key);
    BsonDocument token = new BsonDocument("_data", new BsonString(HexFormat.of().formatHex(key)));
    maybe(token, "_typeBits", new BsonBinary((byte) 0, key));
    return token;
  }

  private BsonDocument namespace() {
    BsonDocument namespace = new BsonDocument("db", new BsonString("d" + random.nextInt(3)));
    // The driver refuses an empty name.
    maybe(namespace, "coll", new BsonString("c" + text()));
    return namespace;
  }

  private BsonDocument updateDescription() {
    BsonArray removed = new BsonArray();
    BsonArray truncated = new BsonArray();
    for (int i = random.nextInt(3); i > 0; i--) {
      removed.add(new BsonString(text()));
      truncated.add(
          new BsonDocument("field", new BsonString(text()))
              .append("newSize", new BsonInt32(random.nextInt(100))));
    }
    return new BsonDocument("updatedFields", document(1))
        .append("removedFields", removed)
        .append("truncatedArrays", truncated)
        .append("disambiguatedPaths", document(1));
  }

  public BsonDocument document(int depth) {
    BsonDocument document = new BsonDocument();
    for (int i = random.nextInt(5); i > 0; i--) {
      document.append(text() + i, value(depth));
    }
    return document;
  }

  public BsonValue value(int depth) {
    return switch (random.nextInt(depth > 0 ? TYPES : TYPES - 3)) {
      case 0 -> new BsonDouble(random.nextDouble());
      case 1 -> new BsonString(text());
      case 2 -> new BsonBinary((byte) random.nextInt(8), new byte[16]);
      case 3 -> new BsonUndefined();
      case 4 -> new BsonObjectId(new ObjectId(random.nextInt(1 << 30), random.nextInt(1 << 20)));
      case 5 -> BsonBoolean.valueOf(random.nextBoolean());
      case 6 -> new BsonDateTime(random.nextLong());
      case 7 -> BsonNull.VALUE;
      case 8 -> new BsonRegularExpression(text(), "i");
      case 9 -> new BsonDbPointer("a.b", new ObjectId(1, 2));
      case 10 -> new BsonJavaScript(text());
      case 11 -> new BsonSymbol(text());
      case 12 -> new BsonInt32(random.nextInt());
      case 13 -> new BsonTimestamp(random.nextLong());
      case 14 -> new BsonInt64(random.nextLong());
      case 15 -> new BsonDecimal128(new Decimal128(random.nextLong()));
      case 16 -> random.nextBoolean() ? new BsonMinKey() : new BsonMaxKey();
      case 17 -> document(depth - 1);
      case 18 -> new BsonArray(List.of(value(depth - 1), value(depth - 1)));
      default -> new BsonJavaScriptWithScope(text(), document(depth - 1));
    };
  }

  private BsonValue orNull(BsonValue value) {
    return random.nextInt(4) == 0 ? BsonNull.VALUE : value;
  }

  private void maybe(BsonDocument document, String name, BsonValue value) {
    if (random.nextInt(4) != 0) {
      document.append(name, value);
    }
  }

  /** Of one to four bytes a character in UTF-8, without the zero that a name cannot have. */
  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.appendCodePoint(
          switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(127);
            case 1 -> 0xE9;
            case 2 -> 0x20AC;
            default -> 0x1F600 + random.nextInt(50);
          });
    }
    return text.toString();
  }
}
