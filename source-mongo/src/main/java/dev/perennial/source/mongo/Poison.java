package dev.perennial.source.mongo;

import com.mongodb.MongoChangeStreamException;
import com.mongodb.MongoException;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * Events that the server has but cannot return: too large, or without an image that it was told to
 * require. They are in the way each time the stream is opened, so the stream must step over them.
 */
final class Poison {

  private static final int NO_IMAGE = 47;
  private static final int CHANGE_STREAM_FATAL = 280;

  private static final String KEEP_ID =
      "if a stage of the pipeline removes or changes _id, let it be, since it is the resume token";

  private Poison() {}

  static boolean is(MongoException error) {
    return ErrorKind.of(error).filter(kind -> kind == ErrorKind.POISON).isPresent();
  }

  /**
   * The event that could not be returned.
   *
   * @param error of that kind, from a cursor that gives events one by one
   * @param last the position before it
   * @param sharded whether events of several servers were put in order: with the error of one, what
   *     the others have before it may have been dropped
   * @throws MongoSourceException if there is no way past it
   */
  static MalformedChange event(MongoException error, MongoPosition last, boolean sharded)
      throws MongoSourceException {
    UnreturnableEvent event = UnreturnableEvent.read(error);
    if (event.token().isPresent() && !sharded) {
      MalformedChange malformed =
          MalformedChange.unreturned(event.token().get(), event.size(), error);
      // Behind itself it cannot be: the token is not understood.
      if (!malformed.position().equals(Optional.of(last))) {
        return malformed;
      }
    }
    throw new MongoSourceException.Unreturnable(
        "the server cannot return the event "
            + where(event.clusterTime(), last)
            + (sharded
                ? " of a sharded cluster, where events of other shards may be before it"
                : " and does not say which it is")
            + ", so that there is no way past it: "
            + MongoErrors.words(error)
            + "; "
            + remedy(error),
        error);
  }

  private static String where(Optional<BsonTimestamp> time, MongoPosition last) {
    return time.map(known -> "at cluster time " + ClusterTime.text(known))
        .or(() ->
            last.clusterTime().map(before -> "after cluster time " + ClusterTime.text(before)))
        .orElse("after " + last);
  }

  private static String remedy(MongoException error) {
    if (error instanceof MongoChangeStreamException) {
      return KEEP_ID;
    }
    return switch (error.getCode()) {
      case NO_IMAGE ->
          "use WHEN_AVAILABLE instead of REQUIRED for fullDocument and fullDocumentBeforeChange, or"
              + " keep images longer (changeStreamOptions.preAndPostImages.expireAfterSeconds)";
      case CHANGE_STREAM_FATAL -> KEEP_ID;
      default ->
          "set splitLargeEvents(true) (MongoDB 6.0.9 or 7.0), drop UPDATE_LOOKUP or the images, or take"
              + " what makes it so large out with a $project stage";
    };
  }
}
