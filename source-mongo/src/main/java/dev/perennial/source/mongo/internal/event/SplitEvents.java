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
 * A buffer that joins events that the server has split because they are larger than a document may
 * be. The server splits between top-level fields, the smallest first, so a later part may even lack
 * the operation type. All parts have a token; the last part's is that of the whole event. If a part
 * cannot be read, the whole event is malformed.
 */
public final class SplitEvents {

  /**
   * The most bytes that are held of one event: 64 MiB, four times the size of the largest document.
   */
  public static final int DEFAULT_LIMIT = 64 << 20;

  private final EventReader reader;
  private final int limit;
  private final List<ChangeEvent> held = new ArrayList<>();

  /** The number of unreadable parts that came before those held. */
  private int unreadableParts;

  /** The number of parts of the event that is being joined. */
  private int of;

  private long size;

  /** Whether the previous event could not be read, so it may have been a first part. */
  private boolean afterUnreadable;

  /**
   * @param limit the most bytes that are held of one event
   */
  public SplitEvents(EventReader reader, int limit) {
    this.reader = reader;
    this.limit = limit;
  }

  /** Returns whether parts of an incomplete event are held. */
  public boolean isOpen() {
    return !held.isEmpty();
  }

  /**
   * Returns the event itself if it was not split, the whole event if this is its last part, and
   * null if more parts follow.
   *
   * @param last the position before the event
   * @throws MongoSourceException if a part is missing, or the whole event is too large
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
    size += event instanceof MalformedChange malformed ? malformed.size() : ((Change) event).size();
    if (size > limit) {
      throw new MongoSourceException(
          Reason.EVENT_TOO_LARGE,
          ErrorKind.FATAL,
          ("Cannot deliver the event after %s: the server split it, and it is larger than the %s bytes that"
                  + " the source holds of one event. Remove what makes it so large with a $project stage,"
                  + " or do not use fullDocument and fullDocumentBeforeChange.")
              .formatted(last, limit),
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

  /** Returns a malformed event with the bytes of all parts and the token of the last one. */
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

  /**
   * Returns which part an event is; null if it was not split. Between two parts the server sends no
   * other event, so an unreadable event there is a part.
   */
  private @Nullable SplitEvent part(ChangeEvent event) {
    if (event instanceof MalformedChange malformed) {
      SplitEvent part = malformed.event().part();
      return part != null || !isOpen() ? part : new NestedDocuments.Part(expected(), of);
    }
    try {
      return event instanceof Change change && change.envelope().has(Field.SPLIT_EVENT)
          ? change.splitEvent().orElse(null)
          : null;
    } catch (ChangePayloadException e) {
      // This field is not from the server, whose own splitEvent field can be read.
      return null;
    }
  }

  private int expected() {
    return unreadableParts + held.size() + 1;
  }

  private MongoSourceException missing(String came) {
    return new MongoSourceException(
        Reason.FRAGMENT_MISSING,
        ErrorKind.TOKEN_REJECTED,
        ("Cannot join a split event: the server sent %s where part %s%s of an event belongs."
                + " The stream reads the event again from its time.")
            .formatted(came, expected(), isOpen() ? " of " + of : ""),
        null);
  }
}
