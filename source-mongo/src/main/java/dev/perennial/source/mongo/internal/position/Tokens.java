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

/** Conversions of resume tokens between documents and text. */
public final class Tokens {

  private static final String DATA = "_data";

  /**
   * Canonical extended JSON, because relaxed JSON does not distinguish int32 from int64, and a
   * token must not change.
   */
  private static final JsonWriterSettings CANONICAL =
      JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private Tokens() {}

  /** Returns a token of the usual form, which has only hexadecimal digits. */
  public static BsonDocument ofHex(String hex) {
    return new BsonDocument(DATA, new BsonString(hex));
  }

  /**
   * Returns a token as one line: the hexadecimal digits of a token of the usual form; any other as
   * canonical extended JSON of the whole document.
   */
  public static String text(BsonDocument token) {
    return token.size() == 1 && token.get(DATA) instanceof BsonString data && isHex(data.getValue())
        ? data.getValue()
        : token.toJson(CANONICAL);
  }

  /**
   * Parses the result of {@link #text}, and also relaxed extended JSON. Returns null if the text is
   * neither hexadecimal digits nor begins like a document.
   *
   * @throws JsonParseException if the text begins like a document but is not one
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
      // The parser also throws other exceptions than JsonParseException, for example for invalid
      // values.
      throw new JsonParseException(e);
    }
  }

  /** Returns the information in a token. */
  public static TokenKey key(BsonDocument token) {
    BsonValue data = token.get(DATA);
    if (data instanceof BsonString string) {
      return isHex(string.getValue())
          ? TokenKey.of(HEX.parseHex(string.getValue()))
          : TokenKey.UNKNOWN;
    }
    // MongoDB 4.0.0 to 4.0.6 sent the key as binary data.
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
