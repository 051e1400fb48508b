package dev.perennial.source.mongo;

import com.mongodb.MongoChangeStreamException;
import com.mongodb.MongoException;
import com.mongodb.client.MongoChangeStreamCursor;
import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.bson.BSONException;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * One cursor. A change stream's cursor is lost for good with the first error that leaves the
 * driver, since a reply may be lost with it and the cursor has moved on then; the stream opens
 * another one.
 */
final class MongoConnection implements Connection<ChangeEvent, MongoPosition> {

  /** How a connection goes on when it has nothing more to give. */
  private sealed interface Ending {}

  /** The stream is complete. */
  private record Complete() implements Ending {}

  /** The connection is lost. */
  private record Lost(Exception why) implements Ending {}

  private final OpenCursor open;
  private final MongoChangeStreamCursor<EventBytes> cursor;
  private final EventReader reader;
  private final @Nullable SplitEvents split;
  private final Invalidation invalidation;
  private final OneByOneMode oneByOne;
  private final MongoErrors errors;
  private final ResumeWatch watch;
  private final StartProbe probe;
  private final StreamRuntime runtime;

  /** What was given last; where the cursor was opened, before there was anything. */
  private MongoPosition last;

  /** Whether the server has shown that it knows where the cursor was opened. */
  private boolean proved;

  /** What the server calls the cursor; another one if the driver has opened another. */
  private long id;

  /** The resume token that was last looked at, so that it is read once. */
  private @Nullable BsonDocument seenToken;

  private @Nullable Ending ending;

  MongoConnection(
      OpenCursor open,
      boolean proved,
      EventReader reader,
      @Nullable SplitEvents split,
      Invalidation invalidation,
      OneByOneMode oneByOne,
      MongoErrors errors,
      ResumeWatch watch,
      StartProbe probe,
      StreamRuntime runtime) {
    this.open = open;
    this.cursor = open.cursor();
    this.reader = reader;
    this.split = split;
    this.invalidation = invalidation;
    this.oneByOne = oneByOne;
    this.errors = errors;
    this.watch = watch;
    this.probe = probe;
    this.runtime = runtime;
    this.last = open.from();
    this.proved = proved;
    this.id = open.id();
  }

  @Override
  public @Nullable Received<ChangeEvent, MongoPosition> receive(Duration timeout) throws Exception {
    Received<ChangeEvent, MongoPosition> received = arrived();
    return received != null || timeout.isZero() ? received : fetch();
  }

  /** What needs no I/O: the rest of the batch, then how far the batch went. */
  private @Nullable Received<ChangeEvent, MongoPosition> arrived() throws Exception {
    Ending now = ending;
    if (now instanceof Lost lost) {
      throw lost.why;
    }
    if (now != null) {
      return Received.end();
    }
    while (cursor.available() > 0) {
      EventBytes event;
      try {
        event = tryNext();
      } catch (MongoException e) {
        return failed(e);
      }
      Received<ChangeEvent, MongoPosition> received = event == null ? null : take(event);
      if (received != null) {
        return received;
      }
    }
    return progress();
  }

  /** Asks the server, at most once; the driver may reopen the cursor meanwhile. */
  private @Nullable Received<ChangeEvent, MongoPosition> fetch() throws Exception {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    BsonDocument before = cursor.getResumeToken();
    EventBytes event;
    try {
      event = tryNext();
    } catch (MongoException e) {
      return failed(e);
    }
    if (OpenCursor.isReplaced(cursor, id)) {
      checkReplacement(event != null);
      id = OpenCursor.id(cursor);
    }
    if (event != null) {
      Received<ChangeEvent, MongoPosition> received = take(event);
      return received != null ? received : arrived();
    }
    if (OpenCursor.id(cursor) == OpenCursor.ENDED) {
      return ended(before);
    }
    proved |= open.scanChecksStart() || isConfirmed();
    return progress();
  }

  /**
   * What was not answered when the cursor was opened is asked again, or the checkpoint of a stream
   * without events would stand still until the oplog has rolled past it.
   */
  private boolean isConfirmed() throws MongoSourceException, InterruptedException {
    return !proved && probe.isDue() && errors.explained(() -> probe.confirms(last, cursor));
  }

  /** The driver's next event; null if there is none. Asks the server only if no batch is left. */
  private @Nullable EventBytes tryNext() throws MongoSourceException, InterruptedException {
    boolean arrived = cursor.available() > 0;
    try {
      return watch.tryNext(cursor, open.session());
    } catch (InterruptedException e) {
      ending = new Lost(new MongoSourceException.CursorLost("an interrupt hit the driver", e));
      throw e;
    } catch (BSONException e) {
      if (!arrived) {
        throw e;
      }
      // The whole reply was read, so it would be the same on another connection.
      MongoException unreadable =
          new MongoChangeStreamException("an event has no resume token that can be read");
      unreadable.initCause(e);
      throw unreadable;
    }
  }

  /**
   * The driver opens another cursor without asking whether the server has all that comes after the
   * token. Where nobody else finds out either, ours is opened instead, which asks. So it is before
   * the first cursor has proved itself: the driver goes on from the token of an empty batch then,
   * which may be behind what was lost. And so it is between two parts of an event: the server
   * splits it anew then, as it looks now.
   *
   * @param found whether an event came, and so the server has found the token
   */
  private void checkReplacement(boolean found) throws MongoSourceException {
    if (split != null && split.isOpen()) {
      throw new MongoSourceException.CursorLost(
          "the driver reopened the cursor between two parts of an event, which may be split in"
              + " another way by now; it is fetched again from its first part",
          null);
    }
    if (!proved || (!found && last.isEvent() && !open.scanChecksStart())) {
      throw new MongoSourceException.CursorLost(
          "the driver reopened the cursor where the server does not say whether it has all that came"
              + " after it",
          null);
    }
  }

  /** An event that came; null if it is a part of one that is not whole yet. */
  private @Nullable Received<ChangeEvent, MongoPosition> take(EventBytes bytes)
      throws MongoSourceException {
    proved = true;
    ChangeEvent event = reader.read(bytes.bytes());
    if (split != null) {
      event = split.whole(event, last);
      if (event == null) {
        return null;
      }
    }
    return give(event, false);
  }

  private Received<ChangeEvent, MongoPosition> give(ChangeEvent event, boolean hidden) {
    Optional<MongoPosition> own = position(event);
    last = own.orElse(last);
    if (ends(event, own)) {
      ending = ending(invalidation.came(last, hidden));
    }
    if (oneByOne.isOn() && ending == null && oneByOne.isOverAt(last)) {
      String why =
          "an event that the server could not return came after all or is long gone, and batches are used again";
      oneByOne.passed(why);
      ending = new Lost(new MongoSourceException.CursorLost(why, null));
    }
    return Received.event(event, last);
  }

  private static Optional<MongoPosition> position(ChangeEvent event) {
    if (event instanceof MalformedChange malformed) {
      return malformed.position();
    }
    return event instanceof Change change ? Optional.of(change.position()) : Optional.empty();
  }

  /**
   * Whether the server ends the stream with an event. A pipeline may have removed or changed what
   * the event says of itself, but not its token.
   */
  private static boolean ends(ChangeEvent event, Optional<MongoPosition> position) {
    return position.filter(MongoPosition::isInvalidate).isPresent()
        || (event instanceof Change change && change.operationType() == OperationType.INVALIDATE);
  }

  private static Ending ending(Optional<MongoSourceException> failure) {
    return failure.<Ending>map(Lost::new).orElseGet(Complete::new);
  }

  /** How far the server got without an event for us, once per change of that. */
  private @Nullable Received<ChangeEvent, MongoPosition> progress() {
    if (!proved || (split != null && split.isOpen())) {
      return null;
    }
    BsonDocument token = cursor.getResumeToken();
    if (token == null || token.equals(seenToken)) {
      return null;
    }
    seenToken = token;
    MongoPosition position = MongoPosition.ofToken(token);
    // A cursor that a hidden event ended says where that is; the event has to be found first.
    if (position.equals(last) || position.isInvalidate()) {
      return null;
    }
    last = position;
    return Received.progress(position);
  }

  /**
   * The server ended the cursor, and no event said why. So an invalidate was not given since the
   * cursor was opened; it may have been opened behind an earlier one.
   *
   * @param before the resume token before the last answer: an answer may come without one
   */
  private Received<ChangeEvent, MongoPosition> ended(@Nullable BsonDocument before)
      throws Exception {
    Optional<ChangeEvent> hidden = Optional.empty();
    if (split == null || !split.isOpen()) {
      BsonDocument token = cursor.getResumeToken();
      boolean named = !Objects.equals(token, before);
      hidden = errors.explained(() -> invalidation.hidden(last, token, named));
    }
    if (hidden.isEmpty()) {
      throw new MongoSourceException.CursorLost("the server ended the cursor", null);
    }
    return give(hidden.get(), true);
  }

  /** The driver gave up. */
  private Received<ChangeEvent, MongoPosition> failed(MongoException error) throws Exception {
    if (ErrorKind.UNRETURNABLE.is(error)) {
      if (OpenCursor.isReplaced(cursor, id)) {
        checkReplacement(false);
      }
      return unreturnable(error);
    }
    if (MongoErrors.isPositionLost(error) && OpenCursor.isReplaced(cursor, id)) {
      // That was about the driver's token, and not about ours: it may be of a part of an event, and
      // behind an invalidate resumeAfter does not take it, but startAfter does.
      throw new MongoSourceException.CursorLost(
          "the server did not take the position from which the driver reopened the cursor", error);
    }
    throw errors.clear(error);
  }

  /** What the server cannot return is an event too, once it is certain that it is the next one. */
  private Received<ChangeEvent, MongoPosition> unreturnable(MongoException error)
      throws MongoSourceException {
    if (oneByOne.met(error)) {
      throw new MongoSourceException.CursorLost(
          "the server cannot return an event, and is asked for events one by one until it comes to that",
          error);
    }
    MalformedChange event = oneByOne.stepOver(error, last);
    ending = new Lost(MongoSourceException.CursorLost.behind(error));
    return give(event, false);
  }

  /**
   * Kills the cursor on the server. That may hang where the network does, so it is left to a thread
   * of the runtime's, and not waited for too long.
   */
  @Override
  public void close(Duration flush) throws InterruptedException {
    open.close(flush, runtime);
  }
}
