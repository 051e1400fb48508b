package dev.perennial.source.mongo;

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
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/** Opens cursors, and finds out whether the server has what comes after where they begin. */
final class CursorOpener {

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
  private final Options options;
  private final WatchPlan plan;
  private final StreamRuntime runtime;

  CursorOpener(ClientHandle client, Options options, WatchPlan plan, StreamRuntime runtime) {
    this.client = client;
    this.options = options;
    this.plan = plan;
    this.runtime = runtime;
  }

  /**
   * Opens the stream.
   *
   * @param oneByOne whether no batch shall have more than one event
   * @throws MongoException if it could not, or the server does not have what comes after {@code
   *     from}
   */
  OpenCursor open(MongoPosition from, boolean oneByOne) throws InterruptedException {
    ClientSession session = client.get().startSession(IN_NO_ORDER);
    MongoChangeStreamCursor<EventBytes> cursor;
    try {
      Integer batchSize = oneByOne ? Integer.valueOf(1) : options.batchSize();
      cursor = cursor(session, from, plan.pipeline(), batchSize);
    } catch (RuntimeException | InterruptedException e) {
      session.close();
      throw e;
    }
    try {
      // A time and a high-water token are checked at once, an event's token is not.
      boolean scanChecksStart = oldestWireVersion() >= SCAN_CHECKS_START;
      boolean proved = !from.isEvent() || (!scanChecksStart && probe(from, cursor));
      return new OpenCursor(
          cursor,
          session,
          from,
          OpenCursor.id(cursor),
          proved,
          scanChecksStart,
          oneByOne,
          isSharded());
    } catch (MongoException | InterruptedException e) {
      OpenCursor.close(cursor, session, Duration.ZERO, runtime);
      throw e;
    }
  }

  /**
   * Whether the events come from several servers, through one that puts them in order: always,
   * unless it is known to be one replica set.
   */
  boolean isSharded() {
    return client.get().getClusterDescription().getType() != ClusterType.REPLICA_SET;
  }

  /**
   * Asks for the time of an event's token, which the server checks at once. Later than the cursor
   * is opened, so that what the probe finds there was there for the cursor too.
   *
   * @return whether that says something of the cursor: a member whose oplog is longer may have
   *     answered, and then the first event has to prove it
   */
  private boolean probe(MongoPosition from, MongoChangeStreamCursor<?> cursor)
      throws InterruptedException {
    Optional<MongoPosition> time = from.degraded();
    if (time.isEmpty()) {
      return false;
    }
    try {
      MongoChangeStreamCursor<?> probe = cursor(time.get(), plan.pipeline(), 1);
      boolean same = Objects.equals(probe.getServerAddress(), cursor.getServerAddress());
      close(probe);
      return same;
    } catch (MongoException e) {
      if (!Poison.is(e)) {
        throw e;
      }
      // It opened, and stumbled over what is too large to be returned.
      return false;
    }
  }

  /** Opens a cursor as the stream's own is. */
  MongoChangeStreamCursor<EventBytes> cursor(MongoPosition from) throws InterruptedException {
    return cursor(from, plan.pipeline(), options.batchSize());
  }

  /** Kills a cursor that was only to find something out, and does not wait for that for long. */
  void close(MongoChangeStreamCursor<?> cursor) throws InterruptedException {
    OpenCursor.close(cursor, null, Duration.ZERO, runtime);
  }

  /** Opens a cursor with the stream's own options, but another pipeline. */
  MongoChangeStreamCursor<EventBytes> cursor(
      MongoPosition from, List<BsonDocument> pipeline, @Nullable Integer batchSize)
      throws InterruptedException {
    return cursor(null, from, pipeline, batchSize);
  }

  private MongoChangeStreamCursor<EventBytes> cursor(
      @Nullable ClientSession session,
      MongoPosition from,
      List<BsonDocument> pipeline,
      @Nullable Integer batchSize)
      throws InterruptedException {
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
    stream
        .showExpandedEvents(options.showExpandedEvents())
        .comment(options.comment())
        .maxAwaitTime(options.maxAwaitTime().toMillis(), TimeUnit.MILLISECONDS);
    // resumeAfter does not take the token of an invalidate; startAfter takes every token.
    from.token().ifPresent(stream::startAfter);
    from.operationTime().ifPresent(stream::startAtOperationTime);
    return Interrupts.call(() ->
        (MongoChangeStreamCursor<EventBytes>) stream.withDocumentClass(EventBytes.class).cursor());
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

  /** Of all that a cursor may be on, since the driver may move it. */
  private int oldestWireVersion() {
    return client.get().getClusterDescription().getServerDescriptions().stream()
        .filter(server -> server.isOk() && WATCHABLE.contains(server.getType()))
        .mapToInt(ServerDescription::getMaxWireVersion)
        .min()
        .orElse(0);
  }
}
