package dev.perennial.source.mongo.internal.position;

import java.util.HexFormat;
import org.bson.BSONException;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.json.JsonMode;
import org.bson.json.JsonParseException;
import org.bson.json.JsonWriterSettings;
import org.jspecify.annotations.Nullable;

/** Resume tokens as documents and as text. */
public final class Tokens {

  private static final String DATA = "_data";

  /**
   * Canonical: relaxed JSON does not tell an int32 from an int64, and a token must come back whole.
   */
  private static final JsonWriterSettings CANONICAL =
      JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private Tokens() {}

  /** The usual form of a token. */
  public static BsonDocument ofHex(String hex) {
    return new BsonDocument(DATA, new BsonString(hex));
  }

  /**
   * One line: of a token of the usual form only its hexadecimal digits, of any other the whole
   * document as canonical extended JSON.
   */
  public static String text(BsonDocument token) {
    return token.size() == 1 && token.get(DATA) instanceof BsonString data && isHex(data.getValue())
        ? data.getValue()
        : token.toJson(CANONICAL);
  }

  /**
   * Reads what {@link #text} wrote, relaxed extended JSON too; null if it is neither digits nor
   * looks like a document.
   *
   * @throws JsonParseException if it looks like a document but is none
   */
  public static @Nullable BsonDocument parse(String text) {
    if (isHex(text)) {
      return ofHex(text);
    }
    if (!text.startsWith("{")) {
      return null;
    }
    try {
      return BsonDocument.parse(text);
    } catch (BSONException | IllegalArgumentException e) {
      // Its own JsonParseException is not all that it throws: values have rules of their own.
      throw new JsonParseException(e);
    }
  }

  /** What a token says of itself. */
  public static TokenKey key(BsonDocument token) {
    BsonValue data = token.get(DATA);
    if (data instanceof BsonString string) {
      return isHex(string.getValue())
          ? TokenKey.of(HEX.parseHex(string.getValue()))
          : TokenKey.UNKNOWN;
    }
    // 4.0 up to 4.0.6 wrote the key as it is.
    return data != null && data.isBinary()
        ? TokenKey.of(data.asBinary().getData())
        : TokenKey.UNKNOWN;
  }

  private static boolean isHex(String text) {
    return !text.isEmpty()
        && text.length() % 2 == 0
        && text.chars().allMatch(HexFormat::isHexDigit);
  }
}
