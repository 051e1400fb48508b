package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerDescription;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.internal.client.ClientHandle;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.position.Deployment;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.watch.ScopeKind;
import dev.perennial.source.mongo.internal.watch.SourceOptions;
import dev.perennial.source.mongo.internal.watch.WatchPlan;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
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
 * A check that a server belongs to the deployment that a position comes from. A position of another
 * deployment may lie in this one's history by chance, and the stream would then skip events
 * silently. The check sends few commands for each connection, and skips what the user has no right
 * to read. Each source has one; the pulling thread calls all methods except {@link #of}.
 */
public final class DeploymentCheck {

  private static final Logger LOG = LoggerFactory.getLogger(MongoNotifier.LOGGER);

  /**
   * The codes besides {@linkplain ErrorKind#SETTINGS refusals} that mean "not allowed" or "unknown
   * command": 76 from a server that is not a replica set member, and 8000 from Atlas.
   */
  private static final Set<Integer> REFUSALS = Set.of(76, 8000);

  /**
   * The code for a command that DocumentDB does not support. From other servers it is transient.
   */
  private static final int NOT_SUPPORTED = 303;

  private final ClientHandle client;
  private final SourceOptions options;
  private final WatchPlan plan;
  private final CursorOpener opener;
  private final DropSearch drops;
  private final String hosts;

  private volatile Deployment known = Deployment.UNKNOWN;

  /** The last accepted migration. Written before {@link #known} and read after it. */
  private volatile @Nullable Migration migration;

  /** Whether the server has refused to return its id; it is then not asked again. */
  private boolean isIdRefused;

  /** Whether the server has refused to list collections; only a new connection asks again. */
  private boolean isListRefused;

  /** Whether an event came since the collections were last listed. */
  private boolean mayHaveNewCollections;

  /**
   * @param from the deployment of all positions up to and including {@code last}
   */
  private record Migration(Deployment from, ResumePosition last) {

    boolean isBehind(ResumePosition position) {
      return position.equals(last) || isBefore(position.clusterTime(), last.clusterTime());
    }

    private static boolean isBefore(Optional<BsonTimestamp> time, Optional<BsonTimestamp> other) {
      return time.isPresent() && other.isPresent() && time.get().compareTo(other.get()) < 0;
    }
  }

  public DeploymentCheck(
      ClientHandle client,
      SourceOptions options,
      WatchPlan plan,
      CursorOpener opener,
      DropSearch drops,
      String hosts) {
    this.client = client;
    this.options = options;
    this.plan = plan;
    this.opener = opener;
    this.drops = drops;
    this.hosts = hosts;
  }

  /**
   * Returns what is known about the deployment that a position comes from. Any thread may call it.
   */
  public Deployment of(ResumePosition position) {
    Deployment now = known;
    Migration before = migration;
    return before != null && before.isBehind(position) ? before.from : now;
  }

  /**
   * Takes over what a restored checkpoint says about its deployment.
   *
   * @param saved the deployment that the checkpoint was saved on
   * @param settingsChanged whether the stream may watch other collections than when it was saved
   */
  public void restored(Deployment saved, boolean settingsChanged) {
    known = settingsChanged ? saved.withoutCollections() : saved;
  }

  /**
   * Forgets the collections' UUIDs, because a watched collection was dropped or renamed: a new one
   * of the same name has another UUID.
   */
  void collectionsChanged() {
    known = known.withoutCollections();
  }

  /** Records that an event arrived, so a watched collection may exist that was not listed yet. */
  void eventCame() {
    mayHaveNewCollections = true;
  }

  /** Lists the watched collections while the stream is idle, if none is known yet. */
  void idle() throws InterruptedException {
    if (!mayHaveNewCollections
        || isListRefused
        || !showsDrops()
        || !known.collections().isEmpty()) {
      return;
    }
    mayHaveNewCollections = false;
    try {
      known = known.with(withCollections(Deployment.UNKNOWN)).withFewOf(Set.of());
    } catch (MongoException e) {
      LOG.debug("{}: cannot list the watched collections; the source tries again later", hosts, e);
    }
  }

  /** Records the deployment on which a stream begins. */
  public void begin() throws InterruptedException {
    migration = null;
    known = inspect(Deployment.UNKNOWN).withFewOf(Set.of());
  }

  /**
   * Compares the server with the deployment of a position, and records what is new.
   *
   * @param from the position at which the stream is about to resume
   * @return the position at which it may resume: the same one or, after an accepted migration, its
   *     time
   * @throws MongoSourceException if it is another deployment
   */
  ResumePosition check(ResumePosition from) throws MongoSourceException, InterruptedException {
    Deployment before = of(from);
    Deployment now = inspect(before);
    Optional<String> difference = before.difference(now);
    if (difference.isEmpty() && before.hasOtherCollections(now) && !wereReplaced(before, from)) {
      difference =
          Optional.of(
              "the watched collections are others, and its oplog contains no drop or rename of them");
    }
    if (difference.isEmpty()) {
      Deployment learned = before.with(now).withFewOf(before.collections());
      known = showsDrops() ? learned : learned.withoutCollections();
      return from;
    }
    if (!options.acceptMigration()) {
      throw new MongoSourceException(
          Reason.ANOTHER_DEPLOYMENT,
          ErrorKind.SETTINGS,
          "Cannot resume at "
              + hosts
              + ": the checkpoint was saved on another deployment ("
              + difference.get()
              + "). Connect to that one, use another stream id, begin again with"
              + " Checkpoints.startAfresh(), or, if its data and history moved here, set"
              + " MongoSourceBuilder.acceptMigration(true).",
          null);
    }
    LOG.warn(
        "{}: the position {} is from another deployment ({}); the stream resumes from its time,"
            + " because acceptMigration is set",
        hosts,
        from,
        difference.get());
    migration = new Migration(before, from);
    known = now.withFewOf(Set.of());
    return from.degraded().map(time -> time.inPlaceOf(from)).orElse(from);
  }

  private Deployment inspect(Deployment before) throws InterruptedException {
    String id = isIdRefused ? null : id();
    Deployment seen =
        new Deployment(
            id == null && isSharded() ? Deployment.SHARDED : id, setName(), Set.of(), null);
    boolean needed = before.collections().isEmpty() || !before.hasComparableId(seen);
    return needed && showsDrops() ? withCollections(seen) : seen;
  }

  /**
   * Returns the id that a replica set or a sharded cluster received when it was created. Null if
   * the server does not return it, usually because the user lacks the role clusterMonitor.
   */
  private @Nullable String id() throws InterruptedException {
    boolean sharded = isSharded();
    String id = sharded ? clusterId() : replicaSetId();
    if (!sharded && isSharded()) {
      // The driver does not know the topology before the first reply.
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
   * Returns whether the stream sees every drop and rename of its collections. A pipeline may hide
   * these events, but the stream on a single collection still ends when that collection is gone.
   */
  private boolean showsDrops() {
    return plan.collection().isPresent()
        || (plan.database().isPresent() && options.pipeline().isEmpty());
  }

  private Deployment withCollections(Deployment seen) throws InterruptedException {
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
    isListRefused = reply.isEmpty();
    BsonTimestamp seenAt = reply.get("operationTime") instanceof BsonTimestamp time ? time : null;
    return new Deployment(seen.id(), seen.set(), uuids, seenAt);
  }

  private Optional<BsonArray> watchedNames() {
    if (plan.collection().isPresent()) {
      return Optional.of(new BsonArray(List.of(new BsonString(plan.collection().get()))));
    }
    if (options.scope() instanceof ScopeKind.Collections several) {
      return Optional.of(
          new BsonArray(
              several.all().stream().map(one -> new BsonString(one.collection())).toList()));
    }
    return Optional.empty();
  }

  /**
   * Returns the server's reply; empty if the user is not allowed to send the command or the server
   * does not know it.
   */
  private BsonDocument ask(String database, BsonDocument command) throws InterruptedException {
    try {
      return client.ask(database, command, options.readPreference());
    } catch (MongoCommandException e) {
      if (!isRefusal(e)) {
        throw e;
      }
      LOG.debug(
          "{}: the server refuses {}, so the source does not compare its result",
          hosts,
          command.getFirstKey(),
          e);
      return new BsonDocument();
    }
  }

  private static boolean isRefusal(MongoCommandException error) {
    return ErrorKind.of(error).filter(ErrorKind::isRefusal).isPresent()
        || REFUSALS.contains(error.getErrorCode())
        || (error.getErrorCode() == NOT_SUPPORTED
            && error.getErrorMessage().toLowerCase(Locale.ROOT).contains("not supported"));
  }

  private static BsonDocument document(BsonDocument in, String name) {
    return in.get(name) instanceof BsonDocument document ? document : new BsonDocument();
  }

  /**
   * Returns whether the oplog contains a drop or rename of the watched collections. The search
   * begins when they were last listed, because the drop may be older than the position; if the
   * oplog does not reach back that far, it begins at the position.
   */
  private boolean wereReplaced(Deployment before, ResumePosition from)
      throws MongoSourceException, InterruptedException {
    List<ResumePosition> starts = new ArrayList<>();
    if (before.seenAt() != null) {
      starts.add(ResumePosition.ofTime(before.seenAt()));
    }
    // Uses the position's time, because newer servers search for a token after the $match stage.
    starts.add(from.degraded().orElse(from));
    return drops.finds(before.collections(), starts);
  }
}
