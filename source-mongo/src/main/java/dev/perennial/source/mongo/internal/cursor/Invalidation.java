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
import dev.perennial.source.mongo.internal.event.EventReader;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;

/**
 * The source's reaction to an invalidate event, with which the server ends a change stream because
 * a watched collection or database is gone. A new cursor can resume only after that event, so the
 * source searches for the event if the application's pipeline hides it.
 */
final class Invalidation {

  /**
   * The number of empty replies after which the search for the hidden event gives up. The event is
   * already in the oplog before the search starts, so a server that has it returns it with the
   * first or second batch.
   */
  private static final int MAX_EMPTY_REPLIES = 3;

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
   * Notifies the listener of an invalidate event before the stream delivers it, and applies the
   * policy.
   *
   * @return the error with which the connection fails after the event; empty if the stream is
   *     complete
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
   * Returns the hidden event that ended a cursor; empty if no such event exists.
   *
   * @param last the last known position
   * @param token the token of the last reply, in which newer servers send the event's token; null
   *     if it had none
   */
  Optional<ChangeEvent> hidden(ResumePosition last, @Nullable ResumePosition token)
      throws MongoSourceException, InterruptedException {
    if (token != null && !token.equals(last)) {
      // A server that sends a new token would have sent the event's own.
      return token.isInvalidate() ? Optional.of(named(token)) : Optional.empty();
    }
    Optional<ChangeEvent> found = search(last);
    return found.isPresent() && endsAtOnce(last) ? found : Optional.empty();
  }

  /** Builds the event as the server would have sent it, from the fields that the token contains. */
  private ChangeEvent named(ResumePosition token) {
    BsonDocument event =
        new BsonDocument("_id", token.token().orElseThrow())
            .append("operationType", new BsonString("invalidate"));
    token.clusterTime().ifPresent(time -> event.append("clusterTime", time));
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
      // Servers may search for the token after the $match stage, which hides it.
      return find(last.degraded().get(), last);
    }
  }

  private Optional<ChangeEvent> find(ResumePosition from, ResumePosition known)
      throws MongoSourceException, InterruptedException {
    OpenCursor cursor = opener.invalidates(from);
    try {
      int empty = 0;
      while (empty < MAX_EMPTY_REPLIES) {
        byte[] event = cursor.nextOrAsk();
        if (event == null) {
          empty = cursor.isEnded() ? MAX_EMPTY_REPLIES : empty + 1;
        } else if (reader.read(event) instanceof Change change
            && !change.position().equals(known)) {
          return Optional.of(change);
        }
      }
      return Optional.empty();
    } finally {
      cursor.close();
    }
  }

  /**
   * Checks that the application's pipeline has no event between a position and the next invalidate
   * event. The search reads up to the present, and the cursor may have ended earlier for another
   * reason.
   */
  private boolean endsAtOnce(ResumePosition last)
      throws MongoSourceException, InterruptedException {
    OpenCursor cursor = null;
    try {
      cursor = opener.open(last, false);
      for (int i = 0; i < MAX_EMPTY_REPLIES; i++) {
        if (cursor.nextOrAsk() != null) {
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
        cursor.close();
      }
    }
  }
}
