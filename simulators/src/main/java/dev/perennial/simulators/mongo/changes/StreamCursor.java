package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.query.ServerCursor;
import dev.perennial.simulators.mongo.storage.Oplog;
import dev.perennial.simulators.mongo.storage.OplogEntry;
import dev.perennial.simulators.mongo.wire.BsonBytes;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonSerializationException;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The cursor of a change stream: reads the oplog from its position and applies the server's stages
 * to each entry in order: unwind, invalidate, find the resume point, the user's stages, split.
 * Guarded by the replica set's lock.
 */
public final class StreamCursor implements ServerCursor {

  private static final long NONE = -1;

  private final Key key;
  private final StreamSpec spec;
  private final Pipeline pipeline;
  private final EventEncoder encoder;
  private final EventSplitter splitter;
  private final Oplog oplog;
  private final boolean scanChecksStart;

  private final Deque<Pending> pending = new ArrayDeque<>();
  private State state = State.NEW;

  /** The number of the next entry to look at. */
  private long next;

  /** The last entry that was looked at; a scan looks first at the one before where it begins. */
  private long lastSeen = NONE;

  /** The token of the event to resume after, until that event is found. */
  private @Nullable ResumeToken resuming;

  /** The token of the invalidate event that the stream ends with, once it is made. */
  private @Nullable ResumeToken invalidated;

  private ResumeToken postBatch;

  private enum State {
    /** Nothing was read yet. */
    NEW,
    READING,
    /** A fault ends it: the next batch is empty, and the last. */
    CUT,
    /** The client has everything, and the cursor is closed. */
    ENDED
  }

  /** An event that is made and not yet sent. */
  private record Pending(byte[] bytes, ResumeToken token) {}

  public StreamCursor(
      Key key,
      Pipeline pipeline,
      EventEncoder encoder,
      EventSplitter splitter,
      Oplog oplog,
      boolean scanChecksStart) {
    this.key = key;
    this.spec = encoder.spec();
    this.pipeline = pipeline;
    this.encoder = encoder;
    this.splitter = splitter;
    this.oplog = oplog;
    this.scanChecksStart = scanChecksStart;
    this.resuming = spec.resume();
    this.postBatch =
        spec.resume() != null
            ? spec.resume()
            : ResumeToken.highWater(spec.startTime(), encoder.tokenVersion());
  }

  @Override
  public Key key() {
    return key;
  }

  @Override
  public String namespace() {
    return spec.scope().cursorNamespace();
  }

  @Override
  public boolean waits() {
    return true;
  }

  /** Whether the stream was invalidated or cut, and its last batch was sent. */
  @Override
  public boolean ended() {
    return state == State.ENDED;
  }

  /** Makes the next batch empty, and the last. */
  public void cut() {
    state = State.CUT;
  }

  @Override
  public List<byte[]> next(int limit) {
    List<byte[]> batch = new ArrayList<>();
    if (state == State.CUT) {
      state = State.ENDED;
      return batch;
    }
    if (limit == 0) {
      return batch;
    }
    start();
    long size = 0;
    while (batch.size() < limit && advance()) {
      Pending first = pending.getFirst();
      if (!batch.isEmpty() && size + first.bytes().length > MAX_BATCH_BYTES) {
        return batch;
      }
      pending.removeFirst();
      batch.add(first.bytes());
      size += first.bytes().length;
      postBatch = first.token();
    }
    return batch;
  }

  /** The token beside the batch; empty if the server sends none. */
  @Override
  public BsonDocument postBatchToken() {
    // Up to 4.4 the batch that ends a stream is sent without one.
    return state == State.ENDED && encoder.wireVersion() < WireVersions.V5_0
        ? new BsonDocument()
        : postBatch.toDocument();
  }

  private void start() {
    if (state == State.NEW) {
      begin();
    } else if (lastSeen != NONE && lastSeen < oplog.firstSequence()) {
      // The scan continues after what it saw last, which must still be there.
      throw new CommandError(
          136,
          "CollectionScan died due to position in"
              + " capped collection being deleted. Last seen record id: RecordId("
              + lastSeen
              + ")");
    } else {
      next = Math.max(next, oplog.firstSequence());
    }
  }

  private void begin() {
    boolean scanned = spec.resume() == null || scanChecksStart;
    if (scanned && !oplog.covers(spec.startTime())) {
      throw new CommandError(
          286,
          "Resume of change stream was not possible, as the resume point may no longer be in the"
              + " oplog.");
    }
    state = State.READING;
    next = oplog.firstAtOrAfter(spec.startTime());
    lastSeen = next > oplog.firstSequence() ? next - 1 : NONE;
  }

  /** Reads until an event is pending; false at the end of the oplog or of the stream. */
  private boolean advance() {
    while (pending.isEmpty()) {
      if (invalidated != null) {
        state = State.ENDED;
        postBatch = invalidated;
        return false;
      }
      if (next >= oplog.nextSequence()) {
        BsonTimestamp last = oplog.lastTime();
        if (last.compareTo(postBatch.time()) > 0) {
          postBatch = ResumeToken.highWater(last, encoder.tokenVersion());
        }
        return false;
      }
      OplogEntry entry = oplog.get(next);
      lastSeen = next;
      next++;
      if (isShown(entry)) {
        take(entry);
      }
    }
    return true;
  }

  private boolean isShown(OplogEntry entry) {
    return spec.scope().includes(entry) && (spec.expanded() || !entry.kind().expandedOnly());
  }

  private void take(OplogEntry entry) {
    boolean invalidates = spec.scope().invalidatedBy(entry);
    int afterFragment = -1;
    ResumeToken wanted = resuming;
    if (wanted != null) {
      ResumePoint point = compare(entry, wanted);
      if (point == ResumePoint.BEFORE) {
        return;
      }
      boolean sameInvalidate = point == ResumePoint.FOUND && wanted.fromInvalidate();
      if (!sameInvalidate && isHiddenFromSearch(entry)) {
        if (invalidates) {
          invalidate(entry);
        }
        return;
      }
      if (point == ResumePoint.PASSED) {
        throw notFound(encoder.token(entry));
      }
      encoder.requireImages(entry);
      resuming = null;
      if (wanted.fragment() < 0) {
        if (invalidates && !sameInvalidate) {
          invalidate(entry);
        }
        return;
      }
      afterFragment = wanted.fragment();
    }
    offer(entry, afterFragment);
    if (invalidates) {
      invalidate(entry);
    }
  }

  private enum ResumePoint {
    BEFORE,
    FOUND,
    PASSED
  }

  /** Tokens sort as their bytes do, and so as their text does: by time, index, UUID, and event. */
  private static ResumePoint compare(OplogEntry entry, ResumeToken wanted) {
    ResumeToken token = ResumeToken.of(entry, wanted.version(), wanted.fromInvalidate());
    int order = token.event().compareTo(wanted.event());
    return order == 0 ? ResumePoint.FOUND : order < 0 ? ResumePoint.BEFORE : ResumePoint.PASSED;
  }

  /**
   * From 5.0 a $match at the head of the user's stages runs before the resume point is looked for.
   */
  private boolean isHiddenFromSearch(OplogEntry entry) {
    return encoder.wireVersion() >= WireVersions.V5_0
        && pipeline.hasLeading()
        && !passesLeading(entry);
  }

  /** A $match at the head runs before images are looked up, so that what it drops needs none. */
  private boolean passesLeading(OplogEntry entry) {
    return pipeline.leading().test(encoder.eventOrNullImages(entry));
  }

  private static CommandError notFound(ResumeToken passed) {
    return new CommandError(
        280,
        "cannot resume stream; the resume token was"
            + " not found. {_data: \""
            + passed.hex()
            + "\"}");
  }

  private void invalidate(OplogEntry entry) {
    ResumeToken token = ResumeToken.of(entry, encoder.tokenVersion(), true);
    invalidated = token;
    BsonDocument event = encoder.invalidate(entry, token);
    BsonDocument shown = shape(event);
    if (shown != null) {
      if (resuming != null) {
        throw notFound(token);
      }
      pending.add(new Pending(BsonBytes.encode(shown), token));
    }
  }

  private void offer(OplogEntry entry, int afterFragment) {
    ResumeToken token = encoder.token(entry);
    byte[] bytes = shaped(entry, token);
    if (bytes == null) {
      return;
    }
    if (pipeline.splits()) {
      splitter
          .split(bytes, token, afterFragment)
          .forEach(fragment -> pending.add(new Pending(fragment.bytes(), fragment.token())));
    } else {
      splitter.refuseTooLarge(bytes, token);
      pending.add(new Pending(bytes, token));
    }
  }

  private byte @Nullable [] shaped(OplogEntry entry, ResumeToken token) {
    if (pipeline.isEmpty()) {
      return encoder.bytes(entry);
    }
    if (entry.change().event() != null) {
      byte[] bytes = encoder.bytes(entry);
      try {
        BsonDocument shown = shape(BsonBytes.decode(bytes));
        return shown == null ? null : pipeline.hasRest() ? BsonBytes.encode(shown) : bytes;
      } catch (BsonSerializationException | IndexOutOfBoundsException e) {
        return bytes; // the stages cannot read it, so it is sent as it is
      }
    }
    if (!passesLeading(entry)) {
      return null;
    }
    if (!pipeline.hasRest()) {
      return encoder.bytes(entry);
    }
    BsonDocument shown = pipeline.rest().apply(encoder.event(entry));
    if (shown == null) {
      return null;
    }
    if (!token.toDocument().equals(shown.get("_id"))) {
      throw Pipeline.idModified();
    }
    return BsonBytes.encode(shown);
  }

  private @Nullable BsonDocument shape(BsonDocument event) {
    return pipeline.leading().test(event) ? pipeline.rest().apply(event) : null;
  }
}
