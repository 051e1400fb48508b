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

/** Opens cursors. */
public final class CursorOpener {

  /** Ours, whatever the client's own registry lacks or changes. */
  private static final CodecRegistry CODECS =
      CodecRegistries.fromRegistries(
          CodecRegistries.fromCodecs(new EventBytesCodec()),
          MongoClientSettings.getDefaultCodecRegistry());

  /**
   * From this wire version on, MongoDB 5.0, every server's scan of the oplog finds out itself that
   * it begins too late. Before, nobody does until the first later event, but for the later releases
   * of 4.4, which the wire version does not tell from the first (SERVER-48523).
   */
  private static final int SCAN_CHECKS_START = 13;

  /** From this wire version on, MongoDB 6.0, servers know the option showExpandedEvents. */
  private static final int EXPANDED_EVENTS = 17;

  /**
   * Of a session that is there to be asked for the cluster's time: causal consistency would have
   * the server wait until it has seen that.
   */
  private static final ClientSessionOptions IN_NO_ORDER =
      ClientSessionOptions.builder().causallyConsistent(false).build();

  /** What a cursor can be on. */
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

  /** As it was last known: of a single server one missed heartbeat makes it unknown for a while. */
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
   * Opens the stream.
   *
   * @param oneByOne whether no batch shall have more than one event
   * @throws MongoException if it could not
   */
  OpenCursor open(ResumePosition from, boolean oneByOne) throws InterruptedException {
    ClientSession session = client.get().startSession(IN_NO_ORDER);
    try {
      Integer batchSize = oneByOne ? Integer.valueOf(1) : options.batchSize();
      OpenCursor cursor = cursor(session, from, plan.pipeline(), batchSize);
      newestTime.see(session);
      noteTopology();
      return cursor;
    } catch (RuntimeException | InterruptedException e) {
      session.close();
      throw e;
    }
  }

  /**
   * Whether the events come from several servers, through one that puts them in order: always,
   * unless it is known to be one replica set.
   */
  public boolean isSharded() {
    return topology() != ClusterType.REPLICA_SET;
  }

  /** What kind of deployment it is; unknown before the first answer. */
  ClusterType topology() {
    noteTopology();
    return topology;
  }

  private void noteTopology() {
    ClusterType now = client.get().getClusterDescription().getType();
    if (now != ClusterType.UNKNOWN) {
      topology = now;
    }
  }

  /** Opens a cursor as the stream's own is, to find something out. */
  OpenCursor another(ResumePosition from) throws InterruptedException {
    return cursor(null, from, plan.pipeline(), options.batchSize());
  }

  /** Opens a cursor as the stream's own is, to see whether that can be. */
  OpenCursor probe(ResumePosition from) throws InterruptedException {
    return cursor(null, from, plan.pipeline(), 1);
  }

  /** Opens a cursor with the stream's own options, for the events that end a stream. */
  OpenCursor invalidates(ResumePosition from) throws InterruptedException {
    return cursor(null, from, WatchPlan.INVALIDATES_ONLY, null);
  }

  /**
   * Opens a cursor for what happens to the watched collections themselves: for all that the server
   * tells of it, and no documents with it.
   */
  OpenCursor drops(ResumePosition from) throws InterruptedException {
    ChangeStreamIterable<?> stream =
        watch(null, WatchPlan.drops(options.scope()))
            .showExpandedEvents(oldestWireVersion() >= EXPANDED_EVENTS);
    return opened(at(from, commented(stream)), null);
  }

  /** Whether the server opens the stream as it is, but from now and not from a position. */
  boolean opensFromNow() throws InterruptedException {
    return opens(full(null, plan.pipeline(), 1));
  }

  /**
   * Whether the server opens a stream from a position without pipeline and options; false if there
   * are none.
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
        throw e; // That says nothing about it.
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

  /** Without a read concern, which the server then takes to be majority: it allows no other. */
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
   * Whether the server finds out by itself that it no longer has what comes after a token: the
   * oldest that a cursor may be on, since the driver may move it.
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
