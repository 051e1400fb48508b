package dev.perennial.source.mongo;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts together events that the server splits, since they are larger than a document may be. It
 * splits between top-level fields, the smallest first, so a later part may lack even the operation
 * type; all parts have a token, and that of the last is the whole event's.
 */
final class SplitEvents {

  /** The most that is held of one event: four times what a document may have. */
  static final int DEFAULT_LIMIT = 64 << 20;

  private final EventReader reader;
  private final int limit;
  private final List<Change> held = new ArrayList<>();
  private long size;

  /**
   * @param limit the most bytes that are held of one event
   */
  SplitEvents(EventReader reader, int limit) {
    this.reader = reader;
    this.limit = limit;
  }

  /** Whether there are parts of an event that is not whole. */
  boolean isOpen() {
    return !held.isEmpty();
  }

  /**
   * The event itself if it is no part, the whole event if it is the last part, and null if more are
   * to come.
   *
   * @param last the position before the event
   * @throws MongoSourceException if a part is missing, or the whole is too large
   */
  @Nullable ChangeEvent whole(ChangeEvent event, MongoPosition last) throws MongoSourceException {
    if (!(event instanceof Change part) || !part.isFragment()) {
      if (isOpen()) {
        throw new MongoSourceException.FragmentMissing(
            "the server sent "
                + event
                + " where part "
                + (held.size() + 1)
                + " of an event belongs");
      }
      return event;
    }
    SplitEvent split = part.splitEvent().orElseThrow();
    if (split.fragment() != held.size() + 1) {
      throw new MongoSourceException.FragmentMissing(
          "the server sent part "
              + split.fragment()
              + " of "
              + split.of()
              + " of an event where part "
              + (held.size() + 1)
              + " belongs");
    }
    size += part.size();
    if (size > limit) {
      throw new MongoSourceException.EventTooLarge(
          "an event behind "
              + last
              + " was split by the server and has more than the "
              + limit
              + " bytes that are held of one; take what makes it so large out with a $project stage, or drop"
              + " fullDocument and fullDocumentBeforeChange");
    }
    held.add(part);
    if (split.fragment() < split.of()) {
      return null;
    }
    ChangeEvent whole = Fragments.join(held, reader);
    held.clear();
    size = 0;
    return whole;
  }
}
