package dev.perennial.source.mongo;

import com.mongodb.MongoException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * What the server's error says of an event that it could not return: it has no other place for it
 * than the words of the message.
 *
 * @param token the event's resume token, if the message names it
 * @param clusterTime when it happened, if the message says that
 * @param size its size in bytes, 0 if the message does not say it
 */
record UnreturnableEvent(
    Optional<BsonDocument> token, Optional<BsonTimestamp> clusterTime, long size) {

  /**
   * An event begins with its token, so what stands there is never the application's data. Code
   * 10334: {@code First element: _id: { _data: "82…", _typeBits: BinData(0, 40) }}; code 47 on some
   * versions: {@code … for event: {_id: {_data: "82…", _typeBits: BinData(0, "40")}, …}}.
   */
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?:First element:|event: ?\\{) ?_id: \\{ ?_data: \"([0-9A-Fa-f]+)\""
              + "(?:, _typeBits: BinData\\(([0-9]{1,3}), \"?([0-9A-Fa-f]+)\"?\\))?");

  /** Code 47 on most versions: {@code … ns: {…}, clusterTime: Timestamp(1700000000, 1), …}. */
  private static final Pattern TIME =
      Pattern.compile("clusterTime: Timestamp\\(([0-9]{1,10}), ([0-9]{1,10})\\)");

  private static final Pattern SIZE = Pattern.compile("BSONObj size: ([0-9]{1,10})\\b");

  static UnreturnableEvent read(MongoException error) {
    String words = ErrorKind.serverText(error);
    Optional<BsonDocument> token = token(words);
    return new UnreturnableEvent(
        token,
        token
            .flatMap(known -> Optional.ofNullable(Tokens.key(known).clusterTime()))
            .or(() -> time(words)),
        size(words));
  }

  private static Optional<BsonDocument> token(String words) {
    Matcher match = TOKEN.matcher(words);
    if (!match.find() || match.group(1).length() % 2 != 0) {
      return Optional.empty();
    }
    BsonDocument token = Tokens.ofHex(match.group(1));
    String bits = match.group(3);
    if (bits != null && bits.length() % 2 == 0) {
      byte subtype = (byte) Integer.parseInt(match.group(2));
      token.append("_typeBits", new BsonBinary(subtype, HexFormat.of().parseHex(bits)));
    }
    return Optional.of(token);
  }

  private static Optional<BsonTimestamp> time(String words) {
    Matcher match = TIME.matcher(words);
    return match.find()
        ? Optional.ofNullable(ClusterTime.parse(match.group(1) + '.' + match.group(2)))
        : Optional.empty();
  }

  private static long size(String words) {
    Matcher match = SIZE.matcher(words);
    return match.find() ? Long.parseLong(match.group(1)) : 0;
  }
}
