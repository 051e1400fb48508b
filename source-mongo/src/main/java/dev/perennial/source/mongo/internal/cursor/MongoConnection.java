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
 * A connection over one change stream cursor. After the first error that leaves the driver, the
 * cursor is unusable, because a reply may be lost and the cursor has then moved past it. The stream
 * opens another one.
 */
final class MongoConnection implements Connection<ChangeEvent, MongoPosition> {

  /** What the connection does after its last event. */
  private sealed interface Ending {}

  /** The stream ends normally. */
  private record Complete() implements Ending {}

  /** The connection fails. */
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

  /**
   * The cursor's resume token before the last request, because a reply can come without a token.
   */
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
      // Handling the reply may need another request, and without a timeout nothing would limit
      // that.
      return null;
    }
    return cursor.ask(timeout) ? answered() : null;
  }

  /** Returns at once even if the server hangs; the next receive takes its reply. */
  @Override
  public void wakeUp() {
    cursor.wakeUp();
  }

  /** Returns what needs no I/O: the rest of the batch, then the progress after the batch. */
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

  /** Handles the server's reply. The driver may have reopened the cursor in the meantime. */
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
    repeatOplogCheck();
    deployment.idle();
    return progress();
  }

  /**
   * Repeats the oplog check if it had no answer when the cursor was opened. Otherwise the
   * checkpoint of a stream without events would not advance until the oplog has rolled past it.
   */
  private void repeatOplogCheck() throws MongoSourceException, InterruptedException {
    if (!progress.isProved()
        && oplogCheck.isDue()
        && errors.explained(() -> oplogCheck.confirms(progress.last(), cursor))) {
      progress.found();
    }
  }

  /** Returns the next event of the batch. */
  private @Nullable EventBytes tryNext() throws MongoSourceException, InterruptedException {
    try {
      return cursor.tryNext();
    } catch (BSONException e) {
      // The driver has read the whole reply, so the connection is intact and another one would
      // return the same bytes.
      MongoException unreadable =
          new MongoChangeStreamException("an event has no resume token that can be read");
      unreadable.initCause(e);
      throw unreadable;
    }
  }

  /**
   * Fails the connection if a cursor that the driver reopened does not guarantee all events; the
   * stream then opens its own. It also fails between two parts of a split event, because the server
   * splits the event again and perhaps differently.
   *
   * @param found whether an event arrived, which shows that the server has found the token
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

  /** Converts a received event; null if it is a part of a split event that is not complete yet. */
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
    return deliver(event, false);
  }

  private Received<ChangeEvent, MongoPosition> deliver(ChangeEvent event, boolean hidden) {
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
   * Returns whether the server ends the stream after this event. A pipeline may have removed or
   * changed the event's fields, but not its token.
   */
  private static boolean ends(ChangeEvent event, Optional<ResumePosition> position) {
    return position.filter(ResumePosition::isInvalidate).isPresent()
        || (event instanceof Change change && change.operationType() == OperationType.INVALIDATE);
  }

  /** Returns whether a watched collection is gone or replaced by another one of the same name. */
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

  /**
   * Returns the position up to which the server has read without an event for the stream, once for
   * each change.
   */
  private @Nullable Received<ChangeEvent, MongoPosition> progress() {
    // A checkpoint between two parts of an event would lose the first part.
    return split != null && split.isOpen()
        ? null
        : progress
            .moved(cursor.token())
            .map(Received::<ChangeEvent, MongoPosition>progress)
            .orElse(null);
  }

  /**
   * Handles a cursor that the server ended without an event. The reason can be an invalidate event
   * that the pipeline hides; the search covers the time since the last position. The cursor itself
   * may have been opened after an earlier invalidate event.
   *
   * @param before the resume token before the last reply, because a reply can come without a token
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
    return deliver(hidden.get(), true);
  }

  /** Handles an error from which the driver has not recovered. */
  private Received<ChangeEvent, MongoPosition> failed(MongoException error) throws Exception {
    if (ErrorKind.UNRETURNABLE.is(error)) {
      if (cursor.isReplaced()) {
        checkReplacement(false);
      }
      return unreturnable(error);
    }
    if (MongoErrors.isPositionLost(error) && cursor.isReplaced()) {
      // The server refused the driver's token, not the source's. The driver's may be that of a part
      // of an event. After an invalidate, the driver's resumeAfter fails where startAfter works.
      throw MongoErrors.cursorLost(
          "the server did not accept the position from which the driver reopened it", error);
    }
    throw errors.clear(error);
  }

  /**
   * Delivers an event that the server cannot return as malformed, once it is certain that it is the
   * next event.
   */
  private Received<ChangeEvent, MongoPosition> unreturnable(MongoException error)
      throws MongoSourceException {
    if (oneByOne.met(error)) {
      throw MongoErrors.cursorLost(
          "the server cannot return an event, and the source asks for one event at a time until it reaches that event",
          error);
    }
    MalformedChange event = oneByOne.stepOver(error, progress.last());
    ending = new Lost(OneByOneMode.steppedOver(error));
    return deliver(event, false);
  }

  /**
   * Kills the cursor on the server. The call can hang if the network does, so a thread of the
   * runtime makes it and this method waits only for a limited time.
   */
  @Override
  public void close(Duration flush) throws InterruptedException {
    cursor.close(flush);
  }
}
