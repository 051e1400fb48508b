package dev.perennial.source.mongo;

import com.mongodb.MongoClientSettings;
import com.mongodb.ReadPreference;
import com.mongodb.client.MongoClient;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Recovery;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * The change stream of a collection, of several, of a database or of a whole cluster.
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
 * <p>Where a stream without a checkpoint begins is found out, and saved, before anything is
 * watched. A stream that lost its connection goes on behind the last event received; what the
 * server says of its progress between events is remembered too, so that a quiet stream does not
 * fall off the server's oplog.
 *
 * <p>The driver repeats some failed calls by itself, and loses nothing by it. With a client of ours
 * the {@link MongoListener} is told of that, and a driver that does so again and again without an
 * answer is stopped, so that the stream's backoff takes over.
 *
 * <p>A source belongs to one stream, and uses one connection of the client's pool for as long as it
 * is open, besides the driver's own for monitoring. {@link #clusterTime()} is safe for use from any
 * thread.
 */
public final class MongoSource implements ClientTrackedSource<ChangeEvent, MongoPosition> {

  /** How long the server waits for an event before it answers without one, unless set. */
  public static final Duration DEFAULT_MAX_AWAIT_TIME = Duration.ofMillis(500);

  private final Options options;
  private final String hosts;
  private final ClientHandle client;
  private final MongoListener listener;
  private final ResumeWatch watch;
  private final MongoErrors errors;
  private final ServerTime server;
  private final Connector connector;
  private final History history;
  private final CheckpointText checkpoints;

  private MongoSource(Builder builder, Options options) {
    this.options = options;
    this.hosts = builder.spec.hosts();
    this.listener = new SafeListener(builder.listener);
    this.watch = new ResumeWatch(listener, builder.runtime);
    this.client = builder.spec.handle(builder.readTimeout, options.maxAwaitTime(), watch);
    this.errors = new MongoErrors(options.scope(), hosts);
    this.server = new ServerTime(client, options.readPreference());
    WatchPlan plan =
        WatchPlan.of(
            options.scope(), options.pipeline(), options.splitLargeEvents(), builder.spec.codecs());
    this.connector =
        new Connector(
            client,
            options,
            new CursorOpener(client, options, plan, builder.runtime),
            errors,
            listener,
            watch,
            builder.runtime);
    this.history = new History(options.onHistoryLost(), server, listener);
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
   * Describes a source with a client of its own, which it makes when it is first needed and closes
   * with itself.
   *
   * @param connectionString never shown in a log or an error
   * @throws IllegalArgumentException if it is no connection string
   */
  public static Builder builder(String connectionString) {
    return new Builder(ClientSpec.of(connectionString));
  }

  /**
   * Describes a source with a client of its own, which it makes when it is first needed and closes
   * with itself. It adds a command listener and a server selector to a copy of the settings, and
   * sees to the {@linkplain Builder#readTimeout read timeout}; everything else is used as it is.
   */
  public static Builder builder(MongoClientSettings settings) {
    return new Builder(ClientSpec.of(settings));
  }

  /**
   * Describes a source that uses a client of the application's, which closes it. Some promises
   * shrink: {@link MongoListener#onResume} and {@link MongoListener#onResumeStorm} are not called,
   * and a driver that reopens a cursor again and again is not stopped; {@link #clusterTime()} is
   * empty; and what a hanging server costs is up to the client's own read timeout, which is endless
   * unless set and must be longer than {@link Builder#maxAwaitTime}.
   */
  public static Builder builder(MongoClient client) {
    return new Builder(ClientSpec.of(client));
  }

  @Override
  public String name() {
    return CheckpointText.SOURCE;
  }

  /** 100 ms doubling to 30 s. */
  @Override
  public BackoffPolicy backoff() {
    return BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(30));
  }

  @Override
  public ErrorClassifier errors() {
    return MongoErrors.CLASSIFIER;
  }

  /**
   * The newest cluster time in any answer of a server, to measure how far behind an event is. Empty
   * before the first, and with a client that was given.
   */
  public Optional<BsonTimestamp> clusterTime() {
    return watch.clusterTime();
  }

  /**
   * What {@link Builder#startAt} says; for {@linkplain StartPosition#now() now} the server's time.
   */
  @Override
  public Optional<MongoPosition> start() throws Exception {
    if (options.startAt() instanceof Starts.AtTime at) {
      return Optional.of(at.position());
    }
    if (options.startAt() instanceof Starts.AfterToken after) {
      return Optional.of(after.position());
    }
    return Optional.of(errors.explained(() -> MongoPosition.ofTime(server.next())));
  }

  @Override
  public Optional<String> configuredStart() {
    return options.startAt() instanceof Starts.Now
        ? Optional.empty()
        : Optional.of(options.startAt().toString());
  }

  /**
   * Opens a cursor behind a position.
   *
   * @throws MongoSourceException if that cannot be, in one line that says what to do
   * @throws com.mongodb.MongoException whatever else the driver says
   */
  @Override
  public Connection<ChangeEvent, MongoPosition> connect(Optional<MongoPosition> after)
      throws Exception {
    return connector.connect(after.isPresent() ? after.get() : start().orElseThrow());
  }

  /**
   * Goes on from a refused token's time, and where the server does not have that any more, as
   * {@link Builder#onHistoryLost} says.
   */
  @Override
  public Recovery<ChangeEvent, MongoPosition> recover(MongoPosition lost, Throwable cause)
      throws Exception {
    connector.restarted();
    return errors.explained(() -> history.recover(lost, cause));
  }

  @Override
  public Checkpoint encode(MongoPosition position) {
    return checkpoints.encode(position);
  }

  /**
   * Reads a position. One that was saved with another pipeline, scope or mode is replaced by its
   * time: changes of that very time come again then, and none is lost.
   */
  @Override
  public MongoPosition decode(Checkpoint saved) throws CheckpointException {
    CheckpointText.Restored restored = checkpoints.decode(saved);
    restored.settingsChanged().ifPresent(listener::onSettingsChanged);
    return restored.position();
  }

  /** Closes the client, if it is the source's own. */
  @Override
  public void close() {
    client.close();
  }

  /** What is watched, and where; nothing secret. */
  @Override
  public String toString() {
    return "MongoSource[" + options.scope() + " at " + hosts + ']';
  }

  /**
   * Describes sources. Everything but {@link #watch} has a default. Not safe for use from several
   * threads.
   */
  public static final class Builder {

    private final ClientSpec spec;
    private @Nullable Scope scope;
    private List<? extends Bson> pipeline = List.of();
    private FullDocument fullDocument = FullDocument.DEFAULT;
    private FullDocumentBeforeChange before = FullDocumentBeforeChange.DEFAULT;
    private boolean expanded;
    private boolean split;
    private @Nullable Collation collation;
    private String comment = "perennial";
    private @Nullable Integer batchSize;
    private Duration maxAwaitTime = DEFAULT_MAX_AWAIT_TIME;
    private @Nullable ReadPreference readPreference;
    private @Nullable Duration readTimeout;
    private StartPosition startAt = StartPosition.now();
    private HistoryLostPolicy onHistoryLost = HistoryLostPolicy.fail();
    private InvalidatePolicy onInvalidate = InvalidatePolicy.REOPEN;
    private MongoListener listener = new MongoListener() {};
    private StreamRuntime runtime = StreamRuntime.system();

    private Builder(ClientSpec spec) {
      this.spec = spec;
    }

    /** What to watch. Required. */
    public Builder watch(Scope scope) {
      this.scope = scope;
      return this;
    }

    /**
     * Stages that choose and shape events on the server: none unless set. They must leave {@code
     * _id} as it is, which is the resume token. An event that a {@code $match} takes out costs the
     * network nothing, and the stream makes progress all the same.
     */
    public Builder pipeline(List<? extends Bson> stages) {
      this.pipeline = List.copyOf(stages);
      return this;
    }

    /**
     * The document that an update event has: none unless set, only what changed. {@code
     * UPDATE_LOOKUP} reads the document when the event is read, so it may show a later change, or
     * be null. {@code WHEN_AVAILABLE} and {@code REQUIRED} need MongoDB 6.0 and a collection with
     * {@code changeStreamPreAndPostImages}; with {@code REQUIRED} an event without one cannot be
     * returned, and becomes a {@link MalformedChange}.
     */
    public Builder fullDocument(FullDocument mode) {
      this.fullDocument = mode;
      return this;
    }

    /**
     * The document before a change: none unless set. Needs MongoDB 6.0 and a collection with {@code
     * changeStreamPreAndPostImages}.
     */
    public Builder fullDocumentBeforeChange(FullDocumentBeforeChange mode) {
      this.before = mode;
      return this;
    }

    /** Whether to tell of definitions such as indexes too: no unless set. Needs MongoDB 6.0. */
    public Builder showExpandedEvents(boolean show) {
      this.expanded = show;
      return this;
    }

    /**
     * Whether to have the server split events that are larger than 16 MB, which it cannot return
     * otherwise: no unless set. They are put together again, up to 64 MB. Needs MongoDB 6.0.9 or
     * 7.0.
     */
    public Builder splitLargeEvents(boolean split) {
      this.split = split;
      return this;
    }

    /** How the pipeline compares text: as the server does unless set. */
    public Builder collation(Collation collation) {
      this.collation = collation;
      return this;
    }

    /**
     * What the server's logs and {@code currentOp} call the stream: {@code perennial} unless set.
     */
    public Builder comment(String comment) {
      this.comment = comment;
      return this;
    }

    /** The most events of one answer: as many as fit into 16 MB unless set. */
    public Builder batchSize(int events) {
      this.batchSize = events;
      return this;
    }

    /**
     * How long the server waits for an event before it answers without one: 500 ms unless set. A
     * driver that waits for a server cannot be woken, so a close of the stream may take as long.
     */
    public Builder maxAwaitTime(Duration time) {
      this.maxAwaitTime = time;
      return this;
    }

    /** Which members to read from: as the client's settings say unless set. */
    public Builder readPreference(ReadPreference preference) {
      this.readPreference = preference;
      return this;
    }

    /**
     * How long the server may take for an answer until the connection counts as broken: the longest
     * of 60 s, {@link #maxAwaitTime} and 10 s, and what the client's settings say, unless set; zero
     * is for ever. A server that resumes a stream may have much to read before its first answer, so
     * a short time may never get past that. Only for a client of the source's own.
     */
    public Builder readTimeout(Duration timeout) {
      this.readTimeout = timeout;
      return this;
    }

    /** Where a stream without a checkpoint begins: now unless set. */
    public Builder startAt(StartPosition start) {
      this.startAt = start;
      return this;
    }

    /** What to do when the server no longer has what came next: fail unless set. */
    public Builder onHistoryLost(HistoryLostPolicy policy) {
      this.onHistoryLost = policy;
      return this;
    }

    /**
     * What to do when the server ends the stream, since what it watches is gone: {@link
     * InvalidatePolicy#REOPEN REOPEN} unless set. Never happens to a stream that watches a whole
     * cluster.
     */
    public Builder onInvalidate(InvalidatePolicy policy) {
      this.onInvalidate = policy;
      return this;
    }

    /** Who is told what happens inside: nobody unless set. */
    public Builder listener(MongoListener listener) {
      this.listener = listener;
      return this;
    }

    /** Time and threads: the system's unless set. */
    public Builder runtime(StreamRuntime runtime) {
      this.runtime = runtime;
      return this;
    }

    /**
     * Makes a source, a new one at each call. Does no I/O.
     *
     * @throws IllegalArgumentException if something is missing, or settings contradict each other
     */
    public MongoSource build() {
      Scope watched = scope;
      if (watched == null) {
        throw new IllegalArgumentException(
            "nothing is watched: say what with watch(), as in watch(Scope.collection(\"shop\", \"orders\"))");
      }
      return new MongoSource(
          this,
          new Options(
              watched,
              UserPipeline.checked(pipeline, spec.codecs(), split),
              fullDocument,
              before,
              expanded,
              split,
              collation,
              comment,
              Limits.batchSize(batchSize),
              Limits.maxAwaitTime(maxAwaitTime),
              readPreference,
              startAt,
              onHistoryLost,
              onInvalidate));
    }

    @Override
    public String toString() {
      return "MongoSource.Builder[" + spec.hosts() + ']';
    }
  }
}
