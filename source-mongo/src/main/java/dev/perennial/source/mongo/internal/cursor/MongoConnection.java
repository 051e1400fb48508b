package dev.perennial.source.mongo.internal.cursor;

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
import dev.perennial.source.mongo.internal.event.EventReader;
import dev.perennial.source.mongo.internal.event.SplitEvents;
import dev.perennial.source.mongo.internal.position.CursorProgress;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A connection over one change stream cursor. After the first error of a getMore the cursor is
 * unusable, because a reply may be lost and the cursor has then moved past it. The stream opens
 * another one.
 */
final class MongoConnection implements Connection<ChangeEvent, MongoPosition> {

  private final OpenCursor cursor;
  private final CursorProgress progress;
  private final EventReader reader;
  private final @Nullable SplitEvents split;
  private final Invalidation invalidation;
  private final OneByOneMode oneByOne;
  private final DeploymentCheck deployment;
  private final OplogCheck oplogCheck;
  private final ErrorExplainer errors;

  /** What the connection does after its last event: it ends or fails; null before that event. */
  private @Nullable Callable<Received<ChangeEvent, MongoPosition>> ending;

  /**
   * Whether a repeated oplog check was confirmed. It takes effect with the next reply, which shows
   * that the cursor's own server was asked: after an election the check of a given client reaches
   * another member, and the next getMore fails.
   */
  private boolean confirmed;

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
    Received<ChangeEvent, MongoPosition> received = arrived();
    if (received != null || timeout.isZero()) {
      return received;
    }
    if (cursor.isEnded()) {
      return ended();
    }
    return cursor.ask(timeout, oneByOne.isOn()) ? answered() : null;
  }

  /** Returns at once even if the server hangs; the next receive takes its reply. */
  @Override
  public void wakeUp() {
    cursor.wakeUp();
  }

  /** Returns what needs no I/O: the rest of the batch, then the progress after the batch. */
  private @Nullable Received<ChangeEvent, MongoPosition> arrived() throws Exception {
    if (ending != null) {
      return ending.call();
    }
    for (byte[] event = cursor.next(); event != null; event = cursor.next()) {
      Received<ChangeEvent, MongoPosition> received = take(event);
      if (received != null) {
        return received;
      }
    }
    return progress();
  }

  /** Handles the server's reply to a getMore. */
  private @Nullable Received<ChangeEvent, MongoPosition> answered() throws Exception {
    try {
      cursor.takeReply();
    } catch (MongoException e) {
      return failed(e);
    } catch (IllegalStateException e) {
      MongoErrors.throwIfClosed(e);
      throw e;
    }
    if (cursor.hasNext()) {
      return arrived();
    }
    if (cursor.isEnded()) {
      return ended();
    }
    if (confirmed) {
      progress.found();
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
    if (!progress.isProved() && oplogCheck.isDue()) {
      confirmed = errors.explained(() -> oplogCheck.confirms(progress.last(), cursor));
    }
  }

  /** Converts a received event; null if it is a part of a split event that is not complete yet. */
  private @Nullable Received<ChangeEvent, MongoPosition> take(byte[] bytes)
      throws MongoSourceException {
    progress.found();
    deployment.eventCame();
    ChangeEvent event = reader.read(bytes);
    if (event instanceof MalformedChange malformed && malformed.position().isEmpty()) {
      throw UnreturnableEvent.withoutToken(progress.last(), malformed.cause());
    }
    if (split != null) {
      event = split.whole(event, progress.last());
      if (event == null) {
        return null;
      }
    }
    return deliver(event, false);
  }

  private Received<ChangeEvent, MongoPosition> deliver(ChangeEvent event, boolean hidden) {
    ResumePosition own = position(event);
    ResumePosition last = progress.at(own);
    boolean ends = ends(event, own);
    if (ends || drops(event)) {
      deployment.collectionsChanged();
    }
    if (ends) {
      Optional<MongoSourceException> failure = invalidation.came(last, hidden);
      ending = failure.isPresent() ? () -> fail(failure.get()) : Received::end;
    }
    if (oneByOne.isOn() && ending == null && oneByOne.isOverAt(last)) {
      oneByOne.passed("the event that the server could not return came or is gone");
    }
    return Received.event(event, last);
  }

  private static @Nullable ResumePosition position(ChangeEvent event) {
    return event instanceof Change change
        ? (ResumePosition) change.position()
        : event instanceof MalformedChange malformed
            ? (ResumePosition) malformed.position().orElse(null)
            : null;
  }

  /**
   * Returns whether the server ends the stream after this event. A pipeline may have removed or
   * changed the event's fields, but not its token.
   */
  private static boolean ends(ChangeEvent event, @Nullable ResumePosition position) {
    return (position != null && position.isInvalidate())
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

  private static Received<ChangeEvent, MongoPosition> fail(Exception why) throws Exception {
    throw why;
  }

  /**
   * Returns the position up to which the server has read without an event for the stream, once for
   * each change.
   */
  private @Nullable Received<ChangeEvent, MongoPosition> progress() {
    // A checkpoint between two parts of an event would lose the first part.
    ResumePosition moved = split != null && split.isOpen() ? null : progress.moved(cursor.token());
    return moved == null ? null : Received.progress(moved);
  }

  /**
   * Handles a cursor that the server ended without an event. The reason can be an invalidate event
   * that the pipeline hides; the search covers the time since the last position. The cursor itself
   * may have been opened after an earlier invalidate event.
   */
  private Received<ChangeEvent, MongoPosition> ended() throws Exception {
    Optional<ChangeEvent> hidden =
        split != null && split.isOpen()
            ? Optional.empty()
            : errors.explained(() -> invalidation.hidden(progress.last(), cursor.token()));
    if (hidden.isEmpty()) {
      throw MongoErrors.cursorLost("the server ended it", null);
    }
    return deliver(hidden.get(), true);
  }

  /** Handles the error of a getMore. */
  private Received<ChangeEvent, MongoPosition> failed(MongoException error) throws Exception {
    if (!ErrorKind.UNRETURNABLE.is(error)) {
      throw errors.clear(error);
    }
    if (oneByOne.met(error)) {
      throw MongoErrors.cursorLost(
          "the server cannot return an event, and the source asks for one event at a time until it reaches that event",
          error);
    }
    return stepOver(error);
  }

  /**
   * Delivers an event that the server cannot return as malformed, once it is certain that it is the
   * next event.
   */
  private Received<ChangeEvent, MongoPosition> stepOver(MongoException error)
      throws MongoSourceException {
    MalformedChange event = oneByOne.stepOver(error, progress.last());
    MongoSourceException lost =
        MongoErrors.cursorLost(
            "the server cannot return an event, which was delivered as malformed", error);
    ending = () -> fail(lost);
    return deliver(event, false);
  }

  @Override
  public void close(Duration flush) throws InterruptedException {
    cursor.close();
  }
}
