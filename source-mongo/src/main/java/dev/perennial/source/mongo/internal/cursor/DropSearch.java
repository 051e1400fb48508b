package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.OperationType;
import dev.perennial.source.mongo.internal.client.ServerTime;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.event.EventReader;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.UuidRepresentation;
import org.jspecify.annotations.Nullable;

/**
 * A search of the server's oplog for drops and renames of the watched collections. Each source has
 * one, used by one thread at a time.
 */
public final class DropSearch {

  /**
   * The longest wait for progress. A router without an event replies after each maxAwaitTime
   * without progress while its shards still scan their oplogs.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final CursorOpener opener;
  private final ServerTime server;
  private final StreamRuntime runtime;

  public DropSearch(CursorOpener opener, ServerTime server, StreamRuntime runtime) {
    this.opener = opener;
    this.server = server;
    this.runtime = runtime;
  }

  /**
   * Returns whether the oplog contains a drop, a rename or a resharding of one of the collections.
   * Servers before 6.0 do not name the collection; there, an event about any of the watched names
   * counts.
   *
   * @param starts the times to search from. The search uses the first one that the oplog reaches
   *     back to. If there is none, the result is true, and the stream itself fails when it resumes
   *     at its position
   * @throws MongoSourceException if the server stops making progress before the end of the search
   */
  boolean finds(Set<UUID> collections, List<ResumePosition> starts)
      throws MongoSourceException, InterruptedException {
    BsonTimestamp end = server.last();
    for (ResumePosition start : starts) {
      try {
        return finds(collections, start, end);
      } catch (MongoException e) {
        if (!MongoErrors.isPositionLost(e)) {
          throw e;
        }
      }
    }
    return true;
  }

  private boolean finds(Set<UUID> collections, ResumePosition start, BsonTimestamp end)
      throws MongoSourceException, InterruptedException {
    EventReader reader = EventReader.plain();
    ResumePosition from = start;
    boolean named = false;
    while (true) {
      OpenCursor cursor = opener.drops(from);
      try {
        do {
          Optional<Change> next = next(cursor, reader, end);
          if (next.isEmpty()) {
            return cursor.isEnded();
          }
          Optional<Boolean> about = isAbout(collections, next.get());
          named |= about.isPresent();
          if (about.orElse(!named)) {
            return true;
          }
          from = (ResumePosition) next.get().position();
        } while (!from.isInvalidate());
      } finally {
        cursor.close();
      }
    }
  }

  /**
   * Returns the next event; empty at the end of the search or if the server has ended the cursor.
   */
  private Optional<Change> next(OpenCursor cursor, EventReader reader, BsonTimestamp end)
      throws MongoSourceException, InterruptedException {
    long moved = runtime.nanoTime();
    ResumePosition last = cursor.token();
    while (cursor.hasNext() || !hasReadTo(end, cursor)) {
      byte[] event = cursor.nextOrAsk();
      if (event != null && reader.read(event) instanceof Change change) {
        return Optional.of(change);
      }
      if (cursor.isEnded()) {
        break;
      }
      if (!Objects.equals(last, cursor.token())) {
        last = cursor.token();
        moved = runtime.nanoTime();
      } else if (runtime.nanoTime() - moved >= PATIENCE.toNanos()) {
        throw MongoErrors.cursorLost(
            "the server made no progress for 60 s while the source searched its history for drops and"
                + " renames of the watched collections",
            null);
      }
    }
    return Optional.empty();
  }

  private static boolean hasReadTo(BsonTimestamp end, OpenCursor cursor) {
    ResumePosition token = cursor.token();
    return token != null
        && token.clusterTime().filter(time -> time.compareTo(end) >= 0).isPresent();
  }

  /** Returns whether an event is about one of the collections; empty if the event does not say. */
  private static Optional<Boolean> isAbout(Set<UUID> collections, Change change) {
    OperationType type = change.operationType();
    if (type != OperationType.DROP && type != OperationType.RENAME) {
      return type == OperationType.RESHARD_COLLECTION ? Optional.of(true) : Optional.empty();
    }
    @Nullable UUID replaced =
        change.operationDescription().map(text -> uuid(text.get("dropTarget"))).orElse(null);
    return change
        .collectionUuid()
        .map(own ->
            collections.contains(own) || (replaced != null && collections.contains(replaced)));
  }

  private static @Nullable UUID uuid(@Nullable BsonValue value) {
    return value != null && value.isBinary()
        ? value.asBinary().asUuid(UuidRepresentation.STANDARD)
        : null;
  }
}
