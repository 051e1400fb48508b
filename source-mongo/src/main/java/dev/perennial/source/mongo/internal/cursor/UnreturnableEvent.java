package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.event.UnreadableEvent;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * An event that the server has but cannot return: it is too large, or lacks an image that the
 * stream requires. It fails each time the stream is opened, so the stream must step over it. All
 * that is known about it comes from the text of the server's error.
 *
 * @param token the event's resume token, if the message names it
 * @param clusterTime the event's cluster time, if the message contains it
 * @param size its size in bytes; 0 if the message does not contain it
 */
record UnreturnableEvent(
    Optional<BsonDocument> token, Optional<BsonTimestamp> clusterTime, long size) {

  private static final int NO_IMAGE = 47;
  private static final int CHANGE_STREAM_FATAL = 280;

  private static final String KEEP_ID =
      "If a stage of the pipeline removes or changes _id, which is the resume token, keep it unchanged";

  /**
   * The token in the text of an error. An event begins with its token, so this pattern never
   * matches the application's data. Code 10334: {@code First element: _id: { _data: "82…",
   * _typeBits: BinData(0, 40) }}; code 47 on some versions: {@code … for event: {_id: {_data:
   * "82…", _typeBits: BinData(0, "40")}, …}}.
   */
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?:First element:|event: ?\\{) ?_id: \\{ ?_data: \"([0-9A-Fa-f]+)\""
              + "(?:, _typeBits: BinData\\(([0-9]{1,3}), \"?([0-9A-Fa-f]+)\"?\\))?");

  /**
   * The cluster time in the text of code 47 on most versions: {@code … ns: {…}, clusterTime:
   * Timestamp(1700000000, 1), …}.
   */
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

  /**
   * Converts the event to a malformed event for the stream.
   *
   * @param error the server's error, from a cursor that returns events one at a time
   * @param last the position before the event
   * @param sharded whether a router merges the events of several servers: an error from one of them
   *     may have dropped earlier events of the others
   * @throws MongoSourceException if the stream cannot step over the event
   */
  MalformedChange asMalformed(MongoException error, ResumePosition last, boolean sharded)
      throws MongoSourceException {
    if (token.isPresent() && !sharded) {
      MalformedChange malformed =
          new MalformedChange(UnreadableEvent.unreturned(token.get(), size, error));
      // An event cannot follow itself, so the token was not understood.
      if (!malformed.position().equals(Optional.of(last))) {
        return malformed;
      }
    }
    throw cannotStepOver(error, last, sharded);
  }

  /** Creates the error for an event that the stream cannot step over. */
  MongoSourceException cannotStepOver(MongoException error, ResumePosition last, boolean sharded) {
    return new MongoSourceException(
        Reason.UNRETURNABLE,
        ErrorKind.UNRETURNABLE,
        "Cannot step over the event %s: the server cannot return it, %s, and it says: %s. %s."
            .formatted(
                where(last),
                sharded
                    ? "on a sharded cluster events of other shards may be before it"
                    : "it does not say which it is",
                MongoErrors.words(error),
                remedy(error)),
        error);
  }

  /**
   * Creates the error for an event that came without a token that can be read.
   *
   * @param last the position before the event
   */
  static MongoSourceException withoutToken(ResumePosition last, Throwable cause) {
    return new MongoSourceException(
        Reason.UNRETURNABLE,
        ErrorKind.UNRETURNABLE,
        "Cannot resume after the event that follows %s: it has no resume token that can be read. %s."
            .formatted(last, KEEP_ID),
        cause);
  }

  private String where(ResumePosition last) {
    return clusterTime
        .map(known -> "at cluster time " + ClusterTime.text(known))
        .or(() ->
            last.clusterTime().map(before -> "after cluster time " + ClusterTime.text(before)))
        .orElse("after " + last);
  }

  private static String remedy(MongoException error) {
    return switch (error.getCode()) {
      case NO_IMAGE ->
          "Use WHEN_AVAILABLE instead of REQUIRED for fullDocument and fullDocumentBeforeChange, or"
              + " keep images longer (changeStreamOptions.preAndPostImages.expireAfterSeconds)";
      case CHANGE_STREAM_FATAL -> KEEP_ID;
      default ->
          "Set splitLargeEvents(true) (MongoDB 6.0.9 or 7.0), do not use UPDATE_LOOKUP or images, or remove"
              + " what makes the event so large with a $project stage";
    };
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
