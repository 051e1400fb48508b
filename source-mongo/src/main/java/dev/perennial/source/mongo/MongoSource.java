package dev.perennial.source.mongo;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoException;
import com.mongodb.client.MongoClient;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.internal.client.ClientHandle;
import dev.perennial.source.mongo.internal.client.ClientSpec;
import dev.perennial.source.mongo.internal.client.DriverVersion;
import dev.perennial.source.mongo.internal.client.ServerTime;
import dev.perennial.source.mongo.internal.cursor.ConnectionContext;
import dev.perennial.source.mongo.internal.cursor.Connector;
import dev.perennial.source.mongo.internal.cursor.CursorOpener;
import dev.perennial.source.mongo.internal.cursor.DeploymentCheck;
import dev.perennial.source.mongo.internal.cursor.DropSearch;
import dev.perennial.source.mongo.internal.cursor.ErrorExplainer;
import dev.perennial.source.mongo.internal.cursor.MongoNotifier;
import dev.perennial.source.mongo.internal.cursor.OneByOneMode;
import dev.perennial.source.mongo.internal.cursor.OplogCheck;
import dev.perennial.source.mongo.internal.cursor.PositionRecovery;
import dev.perennial.source.mongo.internal.cursor.StartValidator;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.CheckpointText;
import dev.perennial.source.mongo.internal.position.NewestClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.StartKind;
import dev.perennial.source.mongo.internal.watch.Fingerprint;
import dev.perennial.source.mongo.internal.watch.HistoryLostKind;
import dev.perennial.source.mongo.internal.watch.SourceOptions;
import dev.perennial.source.mongo.internal.watch.WatchPlan;
import java.time.Duration;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A source that reads the change stream of a collection, of several collections, of a database or
 * of a whole cluster.
 *
 * <pre>{@code
 * MongoSource source =
 *     MongoSource.builder("mongodb://localhost:27017/?replicaSet=rs0")
 *         .watch(Scope.collection("shop", "orders"))
 *         .build();
 * try (EventStream<ChangeEvent> stream =
 *     EventStream.from(source, Checkpoints.in(store, "orders")).open()) {
 *   stream.consume(delivery -> index(delivery.event()));
 * }
 * }</pre>
 *
 * <p>A stream without a checkpoint determines its start and saves it before it watches anything. A
 * stream that lost its connection resumes after the last event received. It also saves the progress
 * that the server reports between events, so that the oplog does not roll past a quiet stream.
 *
 * <p>The source runs its change stream cursor itself, through the driver's commands. Only the
 * stream reopens a lost cursor, after its backoff.
 *
 * <p>A checkpoint names the deployment on which it was saved, because on another one its position
 * would skip events without an error. The source recognizes a deployment by the id of the replica
 * set or sharded cluster if the user may read it (role {@code clusterMonitor}), and otherwise by
 * the set's name and the UUIDs of watched collections (role {@code read}). A stream whose
 * checkpoint is from another deployment fails; see {@link MongoSourceBuilder#acceptMigration}. The
 * source cannot distinguish a copy of the data files from its original.
 *
 * <p>A source belongs to one stream. While it is open it uses one connection of the client's pool,
 * besides the driver's own for monitoring. {@link #clusterTime()} is safe for use from any thread.
 */
public final class MongoSource implements ClientTrackedSource<ChangeEvent, MongoPosition> {

  /** The default time for which the server waits for an event before it answers without one. */
  public static final Duration DEFAULT_MAX_AWAIT_TIME = Duration.ofMillis(500);

  private static final Logger LOG = LoggerFactory.getLogger(MongoNotifier.LOGGER);

  private final SourceOptions options;
  private final String hosts;
  private final ClientHandle client;
  private final MongoNotifier notifier;
  private final NewestClusterTime newestTime = new NewestClusterTime();
  private final ErrorExplainer errors;
  private final ServerTime server;
  private final Connector connector;
  private final PositionRecovery recovery;
  private final StartValidator startValidator;
  private final DeploymentCheck deployment;
  private final CheckpointText checkpoints;
  private final SourceBinding binding = new SourceBinding();

  MongoSource(
      ClientSpec spec,
      @Nullable Duration readTimeout,
      MongoListener listener,
      StreamRuntime runtime,
      SourceOptions options) {
    this.options = options;
    this.hosts = spec.hosts();
    this.notifier = new MongoNotifier(listener, options.scope() + " at " + hosts);
    this.client = spec.handle(readTimeout, options.maxAwaitTime());
    this.errors = new ErrorExplainer(options.scope(), hosts);
    this.server = new ServerTime(client, options.readPreference());
    WatchPlan plan = WatchPlan.of(options.scope(), options.pipeline(), options.splitLargeEvents());
    CursorOpener opener = new CursorOpener(client, options, plan, newestTime, runtime);
    this.deployment =
        new DeploymentCheck(
            client, options, plan, opener, new DropSearch(opener, server, runtime), hosts);
    ConnectionContext context =
        new ConnectionContext(
            deployment,
            new OplogCheck(opener, runtime),
            new OneByOneMode(opener::isSharded, notifier),
            errors);
    this.connector = new Connector(client, options, opener, context, notifier);
    this.startValidator = new StartValidator(opener, options.onHistoryLost(), notifier);
    this.recovery = new PositionRecovery(options.onHistoryLost(), server, startValidator, notifier);
    this.checkpoints =
        new CheckpointText(
            Fingerprint.of(
                plan,
                options.fullDocument(),
                options.fullDocumentBeforeChange(),
                options.showExpandedEvents(),
                options.collation()));
  }

  /**
   * Returns a builder of a source with a client of its own, which the source creates at the first
   * use and closes with itself.
   *
   * @param connectionString the connection string, which no log or error shows
   * @throws IllegalArgumentException if it is not a valid connection string
   */
  public static MongoSourceBuilder builder(String connectionString) {
    DriverVersion.require();
    return new MongoSourceBuilder(ClientSpec.of(connectionString));
  }

  /**
   * Returns a builder of a source with a client of its own, which the source creates at the first
   * use and closes with itself. In a copy of the settings the source adds a server selector, polls
   * the members unless the settings say stream, and sets the {@linkplain
   * MongoSourceBuilder#readTimeout read timeout}. It uses everything else unchanged, or {@link
   * MongoSourceBuilder#build()} refuses it.
   */
  public static MongoSourceBuilder builder(MongoClientSettings settings) {
    DriverVersion.require();
    return new MongoSourceBuilder(ClientSpec.of(settings));
  }

  /**
   * Returns a builder of a source that uses a client of the application, which the application
   * closes. All requests for a cursor must reach the server that has it. Such a client does so if
   * it reads from a replica set's primary, or connects to one server only; otherwise the stream
   * ends with {@link MongoSourceException.Reason#REJECTED} when it connects. The client's own read
   * timeout limits how long a hanging server blocks a thread; by default it has no limit. It must
   * be longer than {@link MongoSourceBuilder#maxAwaitTime}.
   */
  public static MongoSourceBuilder builder(MongoClient client) {
    DriverVersion.require();
    return new MongoSourceBuilder(ClientSpec.of(client));
  }

  @Override
  public SourceBinding binding() {
    return binding;
  }

  @Override
  public String name() {
    return CheckpointText.SOURCE;
  }

  /** Returns a backoff from 100 ms that doubles up to 30 s. */
  @Override
  public BackoffPolicy backoff() {
    return BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(30));
  }

  @Override
  public ErrorClassifier errors() {
    return MongoErrors.CLASSIFIER;
  }

  /**
   * Returns the newest cluster time in an answer to the stream's cursor, to measure how far behind
   * an event is; empty before the first answer.
   */
  public Optional<BsonTimestamp> clusterTime() {
    return newestTime.newest();
  }

  /**
   * Returns the start that {@link MongoSourceBuilder#startAt} sets, after the server has accepted
   * it; for {@linkplain StartPosition#now() now} the server's time.
   *
   * @throws MongoSourceException if the server does not accept it
   */
  @Override
  public Optional<MongoPosition> start() throws Exception {
    return errors.explained(() -> {
      deployment.begin();
      StartKind chosen = options.startAt();
      ResumePosition start = server.position(chosen);
      if (!(chosen instanceof StartKind.Now)) {
        startValidator.check(chosen, start);
        warnIfInFuture(start);
      }
      return Optional.of(start);
    });
  }

  /** Warns if a start is ahead of the server's time. Does not fail if the server cannot say. */
  private void warnIfInFuture(MongoPosition start)
      throws MongoSourceException, InterruptedException {
    BsonTimestamp time = start.clusterTime().orElse(null);
    if (time == null) {
      return;
    }
    try {
      BsonTimestamp next = server.next();
      if (time.compareTo(next) > 0) {
        notifier.startsInFuture(time, next);
      }
    } catch (MongoException e) {
      LOG.debug("{} does not say its time, to compare the start {} with", hosts, start, e);
    }
  }

  @Override
  public Optional<String> configuredStart() {
    return options.startAt() instanceof StartKind.Now
        ? Optional.empty()
        : Optional.of(options.startAt().toString());
  }

  /**
   * Opens a cursor after a position.
   *
   * @throws MongoSourceException if the server refuses that
   * @throws com.mongodb.MongoException if the driver fails for another reason
   */
  @Override
  public Connection<ChangeEvent, MongoPosition> connect(Optional<MongoPosition> after)
      throws Exception {
    MongoPosition from = after.isPresent() ? after.get() : start().orElseThrow();
    return errors.explained(() -> connector.connect((ResumePosition) from));
  }

  /**
   * Restarts at the time of a refused token, or, if the server no longer has that time, as {@link
   * MongoSourceBuilder#onHistoryLost} says.
   */
  @Override
  public Recovery<ChangeEvent, MongoPosition> recover(MongoPosition lost, Throwable cause)
      throws Exception {
    connector.restarted();
    return errors.explained(() -> {
      Recovery<ChangeEvent, MongoPosition> recovery =
          this.recovery.recover((ResumePosition) lost, cause);
      if (recovery instanceof Recovery.Restart<ChangeEvent, MongoPosition> restart
          && options.onHistoryLost() instanceof HistoryLostKind.RestartAt) {
        warnIfInFuture(restart.from());
      }
      return recovery;
    });
  }

  @Override
  public Checkpoint encode(MongoPosition position) {
    ResumePosition own = (ResumePosition) position;
    return checkpoints.encode(own, deployment.of(own.durable()));
  }

  /**
   * Reads a position. If it was saved with another pipeline, scope or mode, returns its cluster
   * time instead: changes of that very time can come again, and none is lost.
   */
  @Override
  public MongoPosition decode(Checkpoint saved) throws CheckpointException {
    CheckpointText.Restored restored = checkpoints.decode(saved);
    deployment.restored(restored.deployment(), restored.settingsChanged().isPresent());
    restored
        .settingsChanged()
        .ifPresent(
            change -> notifier.notifyListener(listener -> listener.onSettingsChanged(change)));
    return restored.position();
  }

  /** Closes the client if it is the source's own. */
  @Override
  public void close() {
    client.close();
  }

  /** Returns what is watched, and on which hosts, without credentials. */
  @Override
  public String toString() {
    return "MongoSource[" + options.scope() + " at " + hosts + ']';
  }
}
