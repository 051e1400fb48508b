package dev.perennial.source.mongo;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.ReadPreference;
import com.mongodb.client.MongoClient;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerDescription;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.UuidRepresentation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether a server belongs to the deployment that a position is of. A position of another
 * one may lie in its history all the same, and would then skip events silently. Asks one command a
 * connection; what the user has no right to ask is not compared. Belongs to one source; all but
 * {@link #known} is called by the pulling thread.
 */
final class DeploymentCheck {

  private static final Logger LOG = LoggerFactory.getLogger(MongoSource.class);

  /** So many answers without an event show that there is none, if the server is idle. */
  private static final int EMPTY_ANSWERS = 3;

  private final ClientHandle client;
  private final Options options;
  private final WatchPlan plan;
  private final CursorOpener opener;
  private final ServerTime server;
  private final String hosts;

  private volatile Deployment known = Deployment.UNKNOWN;

  /** The server has refused to name its id, and is not asked again. */
  private boolean isIdRefused;

  DeploymentCheck(
      ClientHandle client,
      Options options,
      WatchPlan plan,
      CursorOpener opener,
      ServerTime server,
      String hosts) {
    this.client = client;
    this.options = options;
    this.plan = plan;
    this.opener = opener;
    this.server = server;
    this.hosts = hosts;
  }

  /** What is known of the deployment that positions are of. Any thread. */
  Deployment known() {
    return known;
  }

  /**
   * A checkpoint was restored.
   *
   * @param saved what it says of the deployment that it was saved on
   * @param settingsChanged whether other collections may be watched than when it was saved
   */
  void restored(Deployment saved, boolean settingsChanged) {
    known = settingsChanged ? saved.withoutCollections() : saved;
  }

  /**
   * A watched collection was dropped or renamed: one of the same name is another one from now on.
   */
  void collectionsChanged() {
    known = known.withoutCollections();
  }

  /** Looks at the deployment that a stream begins on. */
  void begin() throws InterruptedException {
    known = look().withFewOf(Set.of());
  }

  /**
   * Compares the server with what is known, and learns from it.
   *
   * @param from where the stream is to go on
   * @return where it may go on: from there; after a migration that was accepted, from its time
   * @throws MongoSourceException.AnotherDeployment if it is another deployment
   */
  MongoPosition check(MongoPosition from) throws MongoSourceException, InterruptedException {
    Deployment before = known;
    Deployment now = look();
    Optional<String> difference = before.difference(now);
    if (difference.isEmpty() && before.hasOtherCollections(now) && !wereReplaced(from)) {
      difference =
          Optional.of(
              "the watched collections are others, and its oplog does not say that they were"
                  + " dropped or renamed since");
    }
    if (difference.isEmpty()) {
      Deployment learned = before.with(now).withFewOf(before.collections());
      known = showsDrops() ? learned : learned.withoutCollections();
      return from;
    }
    if (!options.acceptMigration()) {
      throw new MongoSourceException.AnotherDeployment(
          "Cannot resume at "
              + hosts
              + ": the checkpoint was saved on another deployment ("
              + difference.get()
              + "). Connect to that one, use another stream id, begin anew with"
              + " Checkpoints.startAfresh(), or, if its data and history moved here, set"
              + " MongoSourceBuilder.acceptMigration(true)");
    }
    LOG.warn(
        "the position {} is of another deployment than {} ({}); the stream resumes from its time,"
            + " because acceptMigration is set",
        from,
        hosts,
        difference.get());
    known = now.withFewOf(Set.of());
    return from.degraded().map(time -> time.inPlaceOf(from)).orElse(from);
  }

  private Deployment look() throws InterruptedException {
    String id = isIdRefused ? null : id();
    Deployment seen = new Deployment(id, null, Set.of());
    boolean needed = id == null || (!known.collections().isEmpty() && !known.hasComparableId(seen));
    return new Deployment(id, setName(), needed && showsDrops() ? collections() : Set.of());
  }

  /**
   * The id that a replica set or a sharded cluster got when it was made. Null if the server does
   * not say, usually for lack of the role clusterMonitor.
   */
  private @Nullable String id() throws InterruptedException {
    boolean sharded = isSharded();
    String id = sharded ? clusterId() : replicaSetId();
    if (!sharded && isSharded()) {
      // It was not known before the first answer.
      id = clusterId();
    }
    isIdRefused = id == null;
    return id;
  }

  private boolean isSharded() {
    return opener.topology() == ClusterType.SHARDED
        || opener.topology() == ClusterType.LOAD_BALANCED;
  }

  private @Nullable String replicaSetId() throws InterruptedException {
    BsonDocument reply = ask("admin", new BsonDocument("replSetGetConfig", new BsonInt32(1)));
    return id(
        Deployment.REPLICA_SET, document(document(reply, "config"), "settings"), "replicaSetId");
  }

  private @Nullable String clusterId() throws InterruptedException {
    BsonDocument reply =
        ask(
            "config",
            new BsonDocument("find", new BsonString("version")).append("limit", new BsonInt32(1)));
    BsonArray found = document(reply, "cursor").getArray("firstBatch", new BsonArray());
    return found.isEmpty() ? null : id(Deployment.SHARDED, found.get(0).asDocument(), "clusterId");
  }

  private static @Nullable String id(String kind, BsonDocument in, String name) {
    BsonValue id = in.get(name);
    return id != null && id.isObjectId() ? kind + id.asObjectId().getValue().toHexString() : null;
  }

  private @Nullable String setName() {
    return client.get().getClusterDescription().getServerDescriptions().stream()
        .map(ServerDescription::getSetName)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /**
   * Whether a stream sees all that happens to its collections: a pipeline may hide it, but not that
   * the only one is gone.
   */
  private boolean showsDrops() {
    return plan.collection().isPresent()
        || (plan.database().isPresent() && options.pipeline().isEmpty());
  }

  private Set<UUID> collections() throws InterruptedException {
    BsonDocument filter = new BsonDocument("type", new BsonString("collection"));
    watchedNames().ifPresent(names -> filter.append("name", new BsonDocument("$in", names)));
    BsonDocument reply =
        ask(
            plan.database().orElseThrow(),
            new BsonDocument("listCollections", new BsonInt32(1)).append("filter", filter));
    Set<UUID> uuids = new LinkedHashSet<>();
    for (BsonValue entry : document(reply, "cursor").getArray("firstBatch", new BsonArray())) {
      BsonValue uuid = document(entry.asDocument(), "info").get("uuid");
      if (uuid != null && uuid.isBinary()) {
        uuids.add(uuid.asBinary().asUuid(UuidRepresentation.STANDARD));
      }
    }
    return uuids;
  }

  private Optional<BsonArray> watchedNames() {
    if (plan.collection().isPresent()) {
      return Optional.of(new BsonArray(List.of(new BsonString(plan.collection().get()))));
    }
    if (options.scope() instanceof Scopes.Collections several) {
      return Optional.of(
          new BsonArray(
              several.all().stream().map(one -> new BsonString(one.collection())).toList()));
    }
    return Optional.empty();
  }

  /** The reply; empty if the server refuses, for whatever reason that does not pass. */
  private BsonDocument ask(String database, BsonDocument command) throws InterruptedException {
    MongoClient server = client.get();
    ReadPreference preference =
        options.readPreference() == null ? server.getReadPreference() : options.readPreference();
    try {
      return Interrupts.call(() ->
          server
              .getDatabase(database)
              .withCodecRegistry(MongoClientSettings.getDefaultCodecRegistry())
              .runCommand(command, preference, BsonDocument.class));
    } catch (MongoCommandException e) {
      if (ErrorKind.TRANSIENT.is(e)) {
        throw e;
      }
      LOG.debug("{} does not answer {}, so it is not compared", hosts, command.getFirstKey(), e);
      return new BsonDocument();
    }
  }

  private static BsonDocument document(BsonDocument in, String name) {
    return in.get(name) instanceof BsonDocument document ? document : new BsonDocument();
  }

  /**
   * Whether the server's history says that watched collections were dropped or renamed behind a
   * position. If it does not reach back so far, the stream itself is told when it resumes there.
   */
  private boolean wereReplaced(MongoPosition from)
      throws MongoSourceException, InterruptedException {
    BsonTimestamp end = server.last();
    OpenCursor cursor = null;
    try {
      // By its time, since newer servers look for a token behind the $match.
      cursor = opener.drops(from.degraded().orElse(from));
      for (int empty = 0; empty < EMPTY_ANSWERS && !hasReadTo(end, cursor); empty++) {
        if (cursor.tryNext() != null || cursor.isEnded()) {
          return true;
        }
      }
      return false;
    } catch (MongoException e) {
      if (MongoErrors.isPositionLost(e)) {
        return true;
      }
      throw e;
    } finally {
      if (cursor != null) {
        cursor.close(Duration.ZERO);
      }
    }
  }

  private static boolean hasReadTo(BsonTimestamp end, OpenCursor cursor) {
    BsonDocument token = cursor.token();
    BsonTimestamp time = token == null ? null : Tokens.key(token).clusterTime();
    return time != null && time.compareTo(end) >= 0;
  }
}
