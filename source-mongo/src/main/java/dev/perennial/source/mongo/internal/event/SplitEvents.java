package dev.perennial.source.mongo.internal.event;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.ChangePayloadException;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.SplitEvent;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Puts together events that the server splits, since they are larger than a document may be. It
 * splits between top-level fields, the smallest first, so a later part may lack even the operation
 * type; all parts have a token, and that of the last is the whole event's. If a part cannot be
 * read, the whole event cannot.
 */
public final class SplitEvents {

  /** The most that is held of one event: four times what a document may have. */
  public static final int DEFAULT_LIMIT = 64 << 20;

  private final EventReader reader;
  private final int limit;
  private final List<ChangeEvent> held = new ArrayList<>();

  /** How many parts of the event came before those held, and could not be read. */
  private int unreadableParts;

  /** How many parts the event has of which some are held. */
  private int of;

  private long size;

  /** Whether the event before this one could not be read, and may have been a first part. */
  private boolean afterUnreadable;

  /**
   * @param limit the most bytes that are held of one event
   */
  public SplitEvents(EventReader reader, int limit) {
    this.reader = reader;
    this.limit = limit;
  }

  /** Whether there are parts of an event that is not whole. */
  public boolean isOpen() {
    return !held.isEmpty();
  }

  /**
   * The event itself if it is no part, the whole event if it is the last part, and null if more are
   * to come.
   *
   * @param last the position before the event
   * @throws MongoSourceException if a part is missing, or the whole is too large
   */
  public @Nullable ChangeEvent whole(ChangeEvent event, MongoPosition last)
      throws MongoSourceException {
    SplitEvent part = part(event);
    boolean mayBeRest = afterUnreadable;
    afterUnreadable = part == null && event instanceof MalformedChange;
    if (part == null) {
      if (isOpen()) {
        throw missing(event.toString());
      }
      return event;
    }
    if (mayBeRest && part.fragment() == 2) {
      unreadableParts = 1;
    }
    if (part.fragment() != expected() || (isOpen() && part.of() != of)) {
      throw missing("part " + part.fragment() + " of " + part.of() + " of an event");
    }
    held.add(event);
    of = part.of();
    size += sizeOf(event);
    if (size > limit) {
      throw new MongoSourceException(
          Reason.EVENT_TOO_LARGE,
          ErrorKind.FATAL,
          "Cannot deliver the event after "
              + last
              + ": the server split it, and it is larger than the "
              + limit
              + " bytes that the source holds of one event. Remove what makes it so large with a $project stage,"
              + " or do not use fullDocument and fullDocumentBeforeChange.",
          null);
    }
    return part.fragment() < part.of() ? null : whole();
  }

  private ChangeEvent whole() {
    List<Change> readable =
        held.stream().filter(Change.class::isInstance).map(Change.class::cast).toList();
    ChangeEvent whole =
        unreadableParts == 0 && readable.size() == held.size()
            ? Fragments.join(readable, reader)
            : unreadable();
    held.clear();
    unreadableParts = 0;
    size = 0;
    return whole;
  }

  /** The parts, one after the other, at the last one's token. */
  private MalformedChange unreadable() {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size));
    Throwable cause = new CorruptBsonException("its first part could not be read");
    byte @Nullable [] token = null;
    @Nullable BsonTimestamp time = null;
    for (ChangeEvent part : held) {
      if (part instanceof MalformedChange malformed) {
        UnreadableEvent event = malformed.event();
        bytes.put(event.bytes());
        cause = event.cause();
        token = event.token();
        time = event.clusterTime();
      } else if (part instanceof Change change) {
        Envelope event = change.envelope();
        bytes.put(event.bytes);
        token = event.documentBytes(Field.ID);
        time = event.timestamp(Field.CLUSTER_TIME);
      }
    }
    return new MalformedChange(
        new UnreadableEvent(bytes.array(), bytes.capacity(), token, time, cause, null));
  }

  /** Which part an event is; null if it is none. Between two parts nothing else comes. */
  private @Nullable SplitEvent part(ChangeEvent event) {
    if (event instanceof MalformedChange malformed) {
      return partOf(malformed.event());
    }
    try {
      return event instanceof Change change && change.envelope().has(Field.SPLIT_EVENT)
          ? change.splitEvent().orElse(null)
          : null;
    } catch (ChangePayloadException e) {
      // The server's own mark can be read.
      return null;
    }
  }

  private @Nullable SplitEvent partOf(UnreadableEvent event) {
    SplitEvent part = event.part();
    return part != null || !isOpen() ? part : new NestedDocuments.Part(expected(), of);
  }

  private int expected() {
    return unreadableParts + held.size() + 1;
  }

  private static long sizeOf(ChangeEvent event) {
    if (event instanceof MalformedChange malformed) {
      return malformed.size();
    }
    return event instanceof Change change ? change.size() : 0;
  }

  private MongoSourceException missing(String came) {
    return new MongoSourceException(
        Reason.FRAGMENT_MISSING,
        ErrorKind.TOKEN_REJECTED,
        "Cannot join a split event: the server sent "
            + came
            + " where part "
            + expected()
            + (isOpen() ? " of " + of : "")
            + " of an event belongs. The stream reads the event again from its time.",
        null);
  }
}
