package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.InvalidatePolicy;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import dev.perennial.source.mongo.internal.event.EventBytes;
import dev.perennial.source.mongo.internal.event.EventReader;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;

/**
 * What happens when the server ends a stream because what it watches is gone. The event that says
 * so is the only one from behind which the stream can go on; where the application's pipeline hides
 * it, it has to be found.
 */
final class Invalidation {

  /**
   * How often an empty answer is taken while the hidden event is looked for: the event is behind
   * the last position already, so a server that has it gives it with its first or second batch.
   */
  private static final int EMPTY_ANSWERS = 3;

  private final InvalidatePolicy policy;
  private final MongoNotifier notifier;
  private final CursorOpener opener;
  private final EventReader reader;

  Invalidation(
      InvalidatePolicy policy, MongoNotifier notifier, CursorOpener opener, EventReader reader) {
    this.policy = policy;
    this.notifier = notifier;
    this.opener = opener;
    this.reader = reader;
  }

  /**
   * The event that ends the stream is about to be handed out.
   *
   * @return how the connection is lost after it; empty if the stream is complete
   */
  Optional<MongoSourceException> came(ResumePosition at, boolean hidden) {
    notifier.notifyListener(
        l -> l.onInvalidate(new ListenerEvents.Invalidated(at, hidden, policy)));
    return switch (policy) {
      case REOPEN ->
          Optional.of(
              MongoErrors.cursorLost("the server ended it with an invalidate at " + at, null));
      case STOP -> Optional.empty();
      case FAIL ->
          Optional.of(
              new MongoSourceException(
                  Reason.INVALIDATED,
                  ErrorKind.FATAL,
                  "Cannot continue: what the stream watches was dropped or renamed, the server ended it with an"
                      + " invalidate at "
                      + at
                      + ", and onInvalidate is FAIL. Start it again to resume after that, or set"
                      + " InvalidatePolicy.REOPEN.",
                  null));
    };
  }

  /**
   * The event that ended a cursor without showing, if one did.
   *
   * @param last the last known position
   * @param token the cursor's resume token; newer servers name the event's with the last answer
   * @param named whether the last answer named it
   */
  Optional<ChangeEvent> hidden(ResumePosition last, @Nullable BsonDocument token, boolean named)
      throws MongoSourceException, InterruptedException {
    if (token != null) {
      ResumePosition position = ResumePosition.ofToken(token);
      if (position.isInvalidate() && !position.equals(last)) {
        return Optional.of(named(token, position));
      }
      if (named) {
        // A server that names tokens would have named the event's, had one ended the cursor.
        return Optional.empty();
      }
    }
    Optional<ChangeEvent> found = search(last);
    return found.isPresent() && endsAtOnce(last) ? found : Optional.empty();
  }

  /** What the server would have sent, as far as it is known. */
  private ChangeEvent named(BsonDocument token, ResumePosition position) {
    BsonDocument event =
        new BsonDocument("_id", token).append("operationType", new BsonString("invalidate"));
    position.clusterTime().ifPresent(time -> event.append("clusterTime", time));
    return reader.read(BsonBytes.of(event));
  }

  private Optional<ChangeEvent> search(ResumePosition last)
      throws MongoSourceException, InterruptedException {
    try {
      return find(last, last);
    } catch (MongoException e) {
      if (!MongoErrors.isTokenRejected(e) || last.degraded().isEmpty()) {
        throw e;
      }
      // Servers may look for the token behind the $match, which hides it.
      return find(last.degraded().get(), last);
    }
  }

  private Optional<ChangeEvent> find(ResumePosition from, ResumePosition known)
      throws MongoSourceException, InterruptedException {
    OpenCursor cursor = opener.invalidates(from);
    try {
      int empty = 0;
      while (empty < EMPTY_ANSWERS) {
        EventBytes event = cursor.tryNext();
        if (event == null) {
          empty = cursor.isEnded() ? EMPTY_ANSWERS : empty + 1;
        } else if (reader.read(event.bytes()) instanceof Change change
            && !change.position().equals(known)) {
          return Optional.of(change);
        }
      }
      return Optional.empty();
    } finally {
      cursor.close(Duration.ZERO);
    }
  }

  /**
   * Whether the application has no event between a position and the next event that ends the
   * stream. The search reads up to the present, and the cursor may have ended before that, for
   * another reason.
   */
  private boolean endsAtOnce(ResumePosition last)
      throws MongoSourceException, InterruptedException {
    OpenCursor cursor = null;
    try {
      cursor = opener.another(last);
      for (int i = 0; i < EMPTY_ANSWERS; i++) {
        if (cursor.tryNext() != null) {
          return false;
        }
        if (cursor.isEnded()) {
          return true;
        }
      }
      return false;
    } catch (MongoException e) {
      if (!ErrorKind.UNRETURNABLE.is(e)) {
        throw e;
      }
      return false;
    } finally {
      if (cursor != null) {
        cursor.close(Duration.ZERO);
      }
    }
  }
}
