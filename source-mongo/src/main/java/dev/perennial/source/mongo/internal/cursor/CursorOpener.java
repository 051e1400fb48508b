package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.ClientSessionOptions;
import com.mongodb.MongoException;
import com.mongodb.ReadPreference;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerDescription;
import com.mongodb.connection.ServerType;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.client.ClientHandle;
import dev.perennial.source.mongo.internal.client.ServerPin;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.Interrupts;
import dev.perennial.source.mongo.internal.position.NewestClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.watch.SourceOptions;
import dev.perennial.source.mongo.internal.watch.WatchPlan;
import java.util.List;
import java.util.Set;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** A factory of change stream cursors with the source's options. */
public final class CursorOpener {

  /** The size of a first batch without events. */
  private static final Integer NO_BATCH = 0;

  /** The wire version of MongoDB 4.4, the first whose servers accept a comment with getMore. */
  private static final int COMMENT_OF_GET_MORE = 9;

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
   * Options of a cursor's session. With causal consistency, the server would wait until it has
   * reached the session's time.
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
      NewestClusterTime newestTime,
      StreamRuntime runtime) {
    this.client = client;
    this.options = options;
    this.plan = plan;
    this.newestTime = newestTime;
    this.runtime = runtime;
  }

  /**
   * Opens a cursor with the stream's pipeline and options.
   *
   * @param oneByOne whether to open it without a first batch, because the server cannot return one
   * @throws MongoException if the cursor cannot be opened
   */
  OpenCursor open(ResumePosition from, boolean oneByOne)
      throws MongoSourceException, InterruptedException {
    return open(full(at(from), plan.pipeline(), oneByOne ? NO_BATCH : options.batchSize()));
  }

  /**
   * Returns whether a router merges the events of several servers. The answer is yes unless the
   * deployment is known to be a replica set.
   */
  public boolean isSharded() {
    return topology() != ClusterType.REPLICA_SET;
  }

  /** Returns the kind of deployment, and remembers it; UNKNOWN before the first reply. */
  ClusterType topology() {
    ClusterType now = client.get().getClusterDescription().getType();
    if (now != ClusterType.UNKNOWN) {
      topology = now;
    }
    return topology;
  }

  /**
   * Opens a cursor with the stream's pipeline and options and a batch size of 1, to test whether
   * the server accepts them.
   */
  OpenCursor probe(ResumePosition from) throws MongoSourceException, InterruptedException {
    return probe(from, client.newPin());
  }

  /**
   * Opens such a cursor on a server.
   *
   * @param server the server, if the client can be directed to one
   */
  OpenCursor probe(ResumePosition from, ServerPin server)
      throws MongoSourceException, InterruptedException {
    return open(full(at(from), plan.pipeline(), 1), server);
  }

  /** Opens a cursor with the stream's options that returns only invalidate events. */
  OpenCursor invalidates(ResumePosition from) throws MongoSourceException, InterruptedException {
    return open(full(at(from), WatchPlan.INVALIDATES_ONLY, null));
  }

  /**
   * Opens a cursor that returns only drops, renames and similar events of the watched collections:
   * all that the server reports, without documents.
   */
  OpenCursor drops(ResumePosition from) throws MongoSourceException, InterruptedException {
    BsonDocument stage = at(from);
    if (oldestWireVersion() >= EXPANDED_EVENTS) {
      stage.append("showExpandedEvents", BsonBoolean.TRUE);
    }
    return open(aggregate(stage, WatchPlan.drops(options.scope()), null));
  }

  /**
   * Returns whether the server opens the stream with its pipeline and options if it starts now
   * instead of at a position.
   */
  boolean opensFromNow() throws MongoSourceException, InterruptedException {
    return opens(full(new BsonDocument(), plan.pipeline(), 1));
  }

  /**
   * Returns whether the server opens a stream from a position without the source's pipeline and
   * options; false if the source has none.
   */
  boolean opensPlain(ResumePosition from) throws MongoSourceException, InterruptedException {
    return !options.isPlain() && opens(aggregate(at(from), List.of(), 1));
  }

  private boolean opens(BsonDocument aggregate) throws MongoSourceException, InterruptedException {
    try {
      open(aggregate).close();
      return true;
    } catch (MongoException e) {
      if (ErrorKind.TRANSIENT.is(e)) {
        throw e; // A transient error does not answer the question.
      }
      return false;
    }
  }

  /** Returns the stage's fields for a position. */
  private static BsonDocument at(ResumePosition from) {
    BsonDocument stage = new BsonDocument();
    // resumeAfter does not take the token of an invalidate; startAfter takes every token.
    from.token().ifPresent(token -> stage.append("startAfter", token));
    from.operationTime().ifPresent(time -> stage.append("startAtOperationTime", time));
    return stage;
  }

  /** Returns an aggregate with the stream's options. */
  private BsonDocument full(
      BsonDocument stage, List<BsonDocument> pipeline, @Nullable Integer batchSize) {
    if (options.fullDocument() != FullDocument.DEFAULT) {
      stage.append("fullDocument", new BsonString(options.fullDocument().getValue()));
    }
    if (options.fullDocumentBeforeChange() != FullDocumentBeforeChange.DEFAULT) {
      stage.append(
          "fullDocumentBeforeChange",
          new BsonString(options.fullDocumentBeforeChange().getValue()));
    }
    if (options.showExpandedEvents()) {
      stage.append("showExpandedEvents", BsonBoolean.TRUE);
    }
    BsonDocument aggregate = aggregate(stage, pipeline, batchSize);
    if (options.collation() != null) {
      aggregate.append("collation", options.collation().asDocument());
    }
    return aggregate;
  }

  /** Returns an aggregate without a read concern; the server then uses majority, the only one. */
  private BsonDocument aggregate(
      BsonDocument stage, List<BsonDocument> pipeline, @Nullable Integer batchSize) {
    if (plan.database().isEmpty()) {
      stage.append("allChangesForCluster", BsonBoolean.TRUE);
    }
    BsonArray stages = new BsonArray();
    stages.add(new BsonDocument("$changeStream", stage));
    stages.addAll(pipeline);
    BsonValue target =
        plan.collection().<BsonValue>map(BsonString::new).orElseGet(() -> new BsonInt32(1));
    BsonDocument cursor = new BsonDocument();
    if (batchSize != null) {
      cursor.append("batchSize", new BsonInt32(batchSize));
    }
    return new BsonDocument("aggregate", target)
        .append("pipeline", stages)
        .append("cursor", cursor)
        .append("comment", new BsonString(options.comment()));
  }

  private OpenCursor open(BsonDocument aggregate)
      throws MongoSourceException, InterruptedException {
    return open(aggregate, client.newPin());
  }

  private OpenCursor open(BsonDocument aggregate, ServerPin server)
      throws MongoSourceException, InterruptedException {
    MongoClient mongo = client.cursors();
    ReadPreference preference = options.readPreference();
    if (preference == null) {
      preference = mongo.getReadPreference();
    }
    client.requireSameServer(preference);
    ClientSession session = mongo.startSession(NOT_CAUSALLY_CONSISTENT);
    CursorCommands commands = new CursorCommands(mongo, session, server, preference, newestTime);
    try {
      Reply reply = Interrupts.call(() -> commands.run(plan.database().orElse("admin"), aggregate));
      topology();
      return new OpenCursor(commands, reply, optionsOfGetMore(), runtime);
    } catch (Throwable e) {
      commands.close();
      throw e;
    }
  }

  private BsonDocument optionsOfGetMore() {
    BsonDocument fields =
        new BsonDocument("maxTimeMS", new BsonInt64(options.maxAwaitTime().toMillis()));
    if (options.batchSize() != null) {
      fields.append("batchSize", new BsonInt32(options.batchSize()));
    }
    if (oldestWireVersion() >= COMMENT_OF_GET_MORE) {
      fields.append("comment", new BsonString(options.comment()));
    }
    return fields;
  }

  /**
   * Returns whether the server detects by itself that it no longer has the changes after a token.
   * The oldest usable server counts.
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
