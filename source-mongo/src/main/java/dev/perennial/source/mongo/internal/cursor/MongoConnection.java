package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoChangeStreamException;
import com.mongodb.MongoException;
import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.OperationType;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.event.EventBytes;
import dev.perennial.source.mongo.internal.event.EventReader;
import dev.perennial.source.mongo.internal.event.SplitEvents;
import dev.perennial.source.mongo.internal.position.CursorProgress;
import dev.perennial.source.mongo.internal.position.ResumePosition;
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

  private final OpenCursor cursor;
  private final CursorProgress progress;
  private final EventReader reader;
  private final @Nullable SplitEvents split;
  private final Invalidation invalidation;
  private final OneByOneMode oneByOne;
  private final DeploymentCheck deployment;
  private final OplogCheck oplogCheck;
  private final ErrorExplainer errors;

  /** The resume token before the server was asked last: an answer may come without one. */
  private @Nullable BsonDocument tokenBefore;

  private @Nullable Ending ending;

  MongoConnection(
      OpenCursor cursor,
      CursorProgress progress,
      EventReader reader,
      @Nullable SplitEvents split,
      Invalidation invalidation,
      ConnectionContext context) {
    this.cursor = cursor;
    this.progress = progress;
    this.reader = reader;
    this.split = split;
    this.invalidation = invalidation;
    this.deployment = context.deployment();
    this.oplogCheck = context.oplogCheck();
    this.oneByOne = context.oneByOne();
    this.errors = context.errors();
  }

  @Override
  public @Nullable Received<ChangeEvent, MongoPosition> receive(Duration timeout) throws Exception {
    if (!cursor.isAsking()) {
      Received<ChangeEvent, MongoPosition> received = arrived();
      if (received != null || timeout.isZero()) {
        return received;
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      tokenBefore = cursor.token();
    } else if (timeout.isZero()) {
      // What the answer means may have to be asked, and nothing ends that without time.
      return null;
    }
    return cursor.ask(timeout) ? answered() : null;
  }

  /** A server that hangs is left alone: its answer is taken by the next receive, if any. */
  @Override
  public void wakeUp() {
    cursor.wakeUp();
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

  /** Takes the server's answer; the driver may have reopened the cursor meanwhile. */
  private @Nullable Received<ChangeEvent, MongoPosition> answered() throws Exception {
    EventBytes event;
    try {
      event = cursor.answer();
    } catch (MongoException e) {
      return failed(e);
    } catch (InterruptedException e) {
      ending = new Lost(MongoErrors.cursorLost("an interrupt ended a call of the driver", e));
      throw e;
    }
    if (cursor.isReplaced()) {
      checkReplacement(event != null);
      cursor.acceptReplacement();
    }
    if (event != null) {
      Received<ChangeEvent, MongoPosition> received = take(event);
      return received != null ? received : arrived();
    }
    if (cursor.isEnded()) {
      return ended(tokenBefore);
    }
    progress.answered();
    proveAgain();
    deployment.idle();
    return progress();
  }

  /**
   * What was not answered when the cursor was opened is asked again, or the checkpoint of a stream
   * without events would stand still until the oplog has rolled past it.
   */
  private void proveAgain() throws MongoSourceException, InterruptedException {
    if (!progress.isProved()
        && oplogCheck.isDue()
        && errors.explained(() -> oplogCheck.confirms(progress.last(), cursor))) {
      progress.found();
    }
  }

  /** The next event of the batch. */
  private @Nullable EventBytes tryNext() throws MongoSourceException, InterruptedException {
    try {
      return cursor.tryNext();
    } catch (BSONException e) {
      // The whole reply was read, so it would be the same on another connection.
      MongoException unreadable =
          new MongoChangeStreamException("an event has no resume token that can be read");
      unreadable.initCause(e);
      throw unreadable;
    }
  }

  /**
   * Where a cursor that the driver has opened is not good enough, another one is opened. So it is
   * between two parts of an event too: the server splits it anew then, as it looks now.
   *
   * @param found whether an event came, and so the server has found the token
   */
  private void checkReplacement(boolean found) throws MongoSourceException {
    if (split != null && split.isOpen()) {
      throw MongoErrors.cursorLost(
          "the driver reopened it between two parts of an event, which the server may split in another"
              + " way now",
          null);
    }
    if (!progress.survivesReplacement(found)) {
      throw MongoErrors.cursorLost(
          "the driver reopened it, and the server does not say whether it has all events since",
          null);
    }
  }

  /** An event that came; null if it is a part of one that is not whole yet. */
  private @Nullable Received<ChangeEvent, MongoPosition> take(EventBytes bytes)
      throws MongoSourceException {
    progress.found();
    deployment.eventCame();
    ChangeEvent event = reader.read(bytes.bytes());
    if (split != null) {
      event = split.whole(event, progress.last());
      if (event == null) {
        return null;
      }
    }
    return give(event, false);
  }

  private Received<ChangeEvent, MongoPosition> give(ChangeEvent event, boolean hidden) {
    Optional<ResumePosition> own = position(event);
    ResumePosition last = progress.at(own);
    boolean ends = ends(event, own);
    if (ends || drops(event)) {
      deployment.collectionsChanged();
    }
    if (ends) {
      ending = ending(invalidation.came(last, hidden));
    }
    if (oneByOne.isOn() && ending == null && oneByOne.isOverAt(last)) {
      String why =
          "the event that the server could not return came or is gone, so the source reads batches again";
      oneByOne.passed(why);
      ending = new Lost(MongoErrors.cursorLost(why, null));
    }
    return Received.event(event, last);
  }

  private static Optional<ResumePosition> position(ChangeEvent event) {
    if (event instanceof MalformedChange malformed) {
      return malformed.position().map(ResumePosition.class::cast);
    }
    return event instanceof Change change
        ? Optional.of((ResumePosition) change.position())
        : Optional.empty();
  }

  /**
   * Whether the server ends the stream with an event. A pipeline may have removed or changed what
   * the event says of itself, but not its token.
   */
  private static boolean ends(ChangeEvent event, Optional<ResumePosition> position) {
    return position.filter(ResumePosition::isInvalidate).isPresent()
        || (event instanceof Change change && change.operationType() == OperationType.INVALIDATE);
  }

  /** Whether a watched collection is gone, or another one of its name. */
  private static boolean drops(ChangeEvent event) {
    return event instanceof Change change
        && switch (change.operationType()) {
          case DROP, RENAME, DROP_DATABASE, RESHARD_COLLECTION -> true;
          default -> false;
        };
  }

  private static Ending ending(Optional<MongoSourceException> failure) {
    return failure.<Ending>map(Lost::new).orElseGet(Complete::new);
  }

  /** How far the server got without an event for us, once per change of that. */
  private @Nullable Received<ChangeEvent, MongoPosition> progress() {
    // A checkpoint between two parts of an event would lose the first of them.
    return split != null && split.isOpen()
        ? null
        : progress
            .moved(cursor.token())
            .map(Received::<ChangeEvent, MongoPosition>progress)
            .orElse(null);
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
      BsonDocument token = cursor.token();
      boolean named = !Objects.equals(token, before);
      hidden = errors.explained(() -> invalidation.hidden(progress.last(), token, named));
    }
    if (hidden.isEmpty()) {
      throw MongoErrors.cursorLost("the server ended it", null);
    }
    return give(hidden.get(), true);
  }

  /** The driver gave up. */
  private Received<ChangeEvent, MongoPosition> failed(MongoException error) throws Exception {
    if (ErrorKind.UNRETURNABLE.is(error)) {
      if (cursor.isReplaced()) {
        checkReplacement(false);
      }
      return unreturnable(error);
    }
    if (MongoErrors.isPositionLost(error) && cursor.isReplaced()) {
      // That was about the driver's token, and not about ours: it may be of a part of an event, and
      // behind an invalidate resumeAfter does not take it, but startAfter does.
      throw MongoErrors.cursorLost(
          "the server did not accept the position from which the driver reopened it", error);
    }
    throw errors.clear(error);
  }

  /** What the server cannot return is an event too, once it is certain that it is the next one. */
  private Received<ChangeEvent, MongoPosition> unreturnable(MongoException error)
      throws MongoSourceException {
    if (oneByOne.met(error)) {
      throw MongoErrors.cursorLost(
          "the server cannot return an event, and the source asks for one event at a time until it reaches that event",
          error);
    }
    MalformedChange event = oneByOne.stepOver(error, progress.last());
    ending = new Lost(OneByOneMode.steppedOver(error));
    return give(event, false);
  }

  /**
   * Kills the cursor on the server. That may hang where the network does, so it is left to a thread
   * of the runtime's, and not waited for too long.
   */
  @Override
  public void close(Duration flush) throws InterruptedException {
    cursor.close(flush);
  }
}
