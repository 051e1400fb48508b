package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.ClientSessionOptions;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCluster;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerDescription;
import com.mongodb.connection.ServerType;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.internal.client.ClientHandle;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.Interrupts;
import dev.perennial.source.mongo.internal.event.EventBytes;
import dev.perennial.source.mongo.internal.event.EventBytesCodec;
import dev.perennial.source.mongo.internal.position.NewestClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.watch.SourceOptions;
import dev.perennial.source.mongo.internal.watch.WatchPlan;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/** A factory of change stream cursors with the source's options. */
public final class CursorOpener {

  /** The source's own codecs, independent of what the client's registry lacks or overrides. */
  private static final CodecRegistry CODECS =
      CodecRegistries.fromRegistries(
          CodecRegistries.fromCodecs(new EventBytesCodec()),
          MongoClientSettings.getDefaultCodecRegistry());

  /**
   * The wire version of MongoDB 5.0, the first at which every server's oplog scan detects that the
   * oplog begins after the position. Earlier servers do not detect it until the first later event.
   * Later releases of 4.4 do, but their wire version is that of the first (SERVER-48523).
   */
  private static final int SCAN_CHECKS_START = 13;

  /**
   * The wire version of MongoDB 6.0, the first whose servers know the option showExpandedEvents.
   */
  private static final int EXPANDED_EVENTS = 17;

  /**
   * Options of the session from which the source reads the cluster time. With causal consistency,
   * the server would wait until it has reached that time.
   */
  private static final ClientSessionOptions NOT_CAUSALLY_CONSISTENT =
      ClientSessionOptions.builder().causallyConsistent(false).build();

  /** The types of servers that can open a change stream. */
  private static final Set<ServerType> WATCHABLE =
      Set.of(
          ServerType.REPLICA_SET_PRIMARY,
          ServerType.REPLICA_SET_SECONDARY,
          ServerType.SHARD_ROUTER,
          ServerType.LOAD_BALANCER);

  private final ClientHandle client;
  private final SourceOptions options;
  private final WatchPlan plan;
  private final ResumeWatch watch;
  private final NewestClusterTime newestTime;
  private final StreamRuntime runtime;

  /**
   * The last known topology. The driver reports UNKNOWN for a while after a single server misses
   * one heartbeat.
   */
  private ClusterType topology = ClusterType.UNKNOWN;

  public CursorOpener(
      ClientHandle client,
      SourceOptions options,
      WatchPlan plan,
      ResumeWatch watch,
      NewestClusterTime newestTime,
      StreamRuntime runtime) {
    this.client = client;
    this.options = options;
    this.plan = plan;
    this.watch = watch;
    this.newestTime = newestTime;
    this.runtime = runtime;
  }

  /**
   * Opens the stream's cursor.
   *
   * @param oneByOne whether to limit batches to one event
   * @throws MongoException if the cursor cannot be opened
   */
  OpenCursor open(ResumePosition from, boolean oneByOne) throws InterruptedException {
    ClientSession session = client.get().startSession(NOT_CAUSALLY_CONSISTENT);
    try {
      Integer batchSize = oneByOne ? Integer.valueOf(1) : options.batchSize();
      OpenCursor cursor = cursor(session, from, plan.pipeline(), batchSize);
      newestTime.see(session);
      updateTopology();
      return cursor;
    } catch (RuntimeException | InterruptedException e) {
      session.close();
      throw e;
    }
  }

  /**
   * Returns whether a router merges the events of several servers. The answer is yes unless the
   * deployment is known to be a replica set.
   */
  public boolean isSharded() {
    return topology() != ClusterType.REPLICA_SET;
  }

  /** Returns the kind of deployment; UNKNOWN before the first reply. */
  ClusterType topology() {
    updateTopology();
    return topology;
  }

  private void updateTopology() {
    ClusterType now = client.get().getClusterDescription().getType();
    if (now != ClusterType.UNKNOWN) {
      topology = now;
    }
  }

  /** Opens a second cursor with the stream's pipeline and options, for a search. */
  OpenCursor another(ResumePosition from) throws InterruptedException {
    return cursor(null, from, plan.pipeline(), options.batchSize());
  }

  /**
   * Opens a cursor with the stream's pipeline and options and a batch size of 1, to test whether
   * the server accepts them.
   */
  OpenCursor probe(ResumePosition from) throws InterruptedException {
    return cursor(null, from, plan.pipeline(), 1);
  }

  /** Opens a cursor with the stream's options that returns only invalidate events. */
  OpenCursor invalidates(ResumePosition from) throws InterruptedException {
    return cursor(null, from, WatchPlan.INVALIDATES_ONLY, null);
  }

  /**
   * Opens a cursor that returns only drops, renames and similar events of the watched collections:
   * all that the server reports, without documents.
   */
  OpenCursor drops(ResumePosition from) throws InterruptedException {
    ChangeStreamIterable<?> stream =
        watch(null, WatchPlan.drops(options.scope()))
            .showExpandedEvents(oldestWireVersion() >= EXPANDED_EVENTS);
    return opened(at(from, commented(stream)), null);
  }

  /**
   * Returns whether the server opens the stream with its pipeline and options if it starts now
   * instead of at a position.
   */
  boolean opensFromNow() throws InterruptedException {
    return opens(full(null, plan.pipeline(), 1));
  }

  /**
   * Returns whether the server opens a stream from a position without the source's pipeline and
   * options; false if the source has none.
   */
  boolean opensPlain(ResumePosition from) throws InterruptedException {
    return !options.isPlain() && opens(at(from, watch(null, List.of()).batchSize(1)));
  }

  private boolean opens(ChangeStreamIterable<?> stream) throws InterruptedException {
    try {
      opened(stream, null).close(Duration.ZERO);
      return true;
    } catch (MongoException e) {
      if (ErrorKind.TRANSIENT.is(e)) {
        throw e; // A transient error does not answer the question.
      }
      return false;
    }
  }

  private OpenCursor cursor(
      @Nullable ClientSession session,
      ResumePosition from,
      List<BsonDocument> pipeline,
      @Nullable Integer batchSize)
      throws InterruptedException {
    return opened(at(from, full(session, pipeline, batchSize)), session);
  }

  private ChangeStreamIterable<?> full(
      @Nullable ClientSession session, List<BsonDocument> pipeline, @Nullable Integer batchSize) {
    ChangeStreamIterable<?> stream = watch(session, pipeline);
    if (options.fullDocument() != FullDocument.DEFAULT) {
      stream.fullDocument(options.fullDocument());
    }
    if (options.fullDocumentBeforeChange() != FullDocumentBeforeChange.DEFAULT) {
      stream.fullDocumentBeforeChange(options.fullDocumentBeforeChange());
    }
    if (options.collation() != null) {
      stream.collation(options.collation());
    }
    if (batchSize != null) {
      stream.batchSize(batchSize);
    }
    return commented(stream.showExpandedEvents(options.showExpandedEvents()));
  }

  private ChangeStreamIterable<?> commented(ChangeStreamIterable<?> stream) {
    return stream
        .comment(options.comment())
        .maxAwaitTime(options.maxAwaitTime().toMillis(), TimeUnit.MILLISECONDS);
  }

  private static ChangeStreamIterable<?> at(ResumePosition from, ChangeStreamIterable<?> stream) {
    // resumeAfter does not take the token of an invalidate; startAfter takes every token.
    from.token().ifPresent(stream::startAfter);
    from.operationTime().ifPresent(stream::startAtOperationTime);
    return stream;
  }

  private OpenCursor opened(ChangeStreamIterable<?> stream, @Nullable ClientSession session)
      throws InterruptedException {
    MongoChangeStreamCursor<EventBytes> cursor =
        Interrupts.call(() ->
            (MongoChangeStreamCursor<EventBytes>)
                stream.withDocumentClass(EventBytes.class).cursor());
    return new OpenCursor(cursor, session, options.maxAwaitTime(), watch, runtime);
  }

  /** Watches without a read concern. The server then uses majority, the only one that it allows. */
  private ChangeStreamIterable<?> watch(
      @Nullable ClientSession session, List<BsonDocument> pipeline) {
    MongoClient server = client.get();
    MongoCluster cluster = server.withCodecRegistry(CODECS).withReadConcern(ReadConcern.DEFAULT);
    if (options.readPreference() != null) {
      cluster = cluster.withReadPreference(options.readPreference());
    }
    if (plan.database().isEmpty()) {
      return session == null ? cluster.watch(pipeline) : cluster.watch(session, pipeline);
    }
    MongoDatabase database = cluster.getDatabase(plan.database().get());
    if (plan.collection().isEmpty()) {
      return session == null ? database.watch(pipeline) : database.watch(session, pipeline);
    }
    MongoCollection<?> collection = database.getCollection(plan.collection().get());
    return session == null ? collection.watch(pipeline) : collection.watch(session, pipeline);
  }

  /**
   * Returns whether the server detects by itself that it no longer has the changes after a token.
   * The oldest usable server counts, because the driver may move the cursor to it.
   */
  boolean scanChecksStart() {
    return oldestWireVersion() >= SCAN_CHECKS_START;
  }

  private int oldestWireVersion() {
    return client.get().getClusterDescription().getServerDescriptions().stream()
        .filter(server -> server.isOk() && WATCHABLE.contains(server.getType()))
        .mapToInt(ServerDescription::getMaxWireVersion)
        .min()
        .orElse(0);
  }
}
