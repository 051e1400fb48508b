package dev.perennial.source.mongo.internal.position;

import dev.perennial.source.mongo.internal.event.BsonBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.bson.BSONException;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
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

  /** The beginning of the only field of a token of the usual form: its type, name and the zero. */
  private static final byte[] BEGIN = "\u0002_data\0".getBytes(StandardCharsets.US_ASCII);

  /** The offset of its digits, after the document's length, that beginning and their length. */
  private static final int DIGITS = 4 + BEGIN.length + 4;

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
    return key(BsonBytes.of(token));
  }

  /**
   * Returns the information in a token, without decoding a token of the usual form.
   *
   * @param token the token's BSON
   */
  static TokenKey key(byte[] token) {
    int end = token.length - 2; // before the zeros that end the string and the document
    return end > DIGITS
            && Arrays.equals(token, 4, 4 + BEGIN.length, BEGIN, 0, BEGIN.length)
            && BsonBytes.int32(token, DIGITS - 4) == end + 1 - DIGITS
        ? TokenKey.ofHex(token, DIGITS, end)
        : keyOfOtherForm(token);
  }

  private static TokenKey keyOfOtherForm(byte[] token) {
    BsonValue data = new RawBsonDocument(token).get(DATA);
    if (data instanceof BsonString string) {
      byte[] digits = string.getValue().getBytes(StandardCharsets.UTF_8);
      return TokenKey.ofHex(digits, 0, digits.length);
    }
    // MongoDB 4.0.0 to 4.0.6 sent the key as binary data.
    return data != null && data.isBinary()
        ? TokenKey.of(data.asBinary().getData())
        : TokenKey.UNKNOWN;
  }

  private static boolean isHex(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!HexFormat.isHexDigit(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty() && text.length() % 2 == 0;
  }
}
