package dev.perennial.source.mongo;

import static java.util.Objects.requireNonNull;

import com.mongodb.ReadPreference;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.internal.client.ClientSpec;
import dev.perennial.source.mongo.internal.position.StartKind;
import dev.perennial.source.mongo.internal.watch.HistoryLostKind;
import dev.perennial.source.mongo.internal.watch.OptionRanges;
import dev.perennial.source.mongo.internal.watch.ScopeKind;
import dev.perennial.source.mongo.internal.watch.SourceOptions;
import dev.perennial.source.mongo.internal.watch.UserPipeline;
import java.time.Duration;
import java.util.List;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link MongoSource}s. Everything but {@link #watch} has a default. Not safe for use from
 * several threads.
 */
public final class MongoSourceBuilder {

  private final ClientSpec spec;
  private @Nullable ScopeKind scope;
  private List<? extends Bson> pipeline = List.of();
  private FullDocument fullDocument = FullDocument.DEFAULT;
  private FullDocumentBeforeChange before = FullDocumentBeforeChange.DEFAULT;
  private boolean expanded;
  private boolean split;
  private @Nullable Collation collation;
  private String comment = "perennial";
  private @Nullable Integer batchSize;
  private Duration maxAwaitTime = MongoSource.DEFAULT_MAX_AWAIT_TIME;
  private @Nullable ReadPreference readPreference;
  private @Nullable Duration readTimeout;
  private StartKind startAt = StartKind.Now.INSTANCE;
  private HistoryLostKind onHistoryLost = HistoryLostKind.Fail.INSTANCE;
  private InvalidatePolicy onInvalidate = InvalidatePolicy.REOPEN;
  private boolean acceptMigration;
  private MongoListener listener = new MongoListener() {};
  private StreamRuntime runtime = StreamRuntime.system();

  MongoSourceBuilder(ClientSpec spec) {
    this.spec = spec;
  }

  /** What to watch. Required. */
  public MongoSourceBuilder watch(Scope scope) {
    this.scope = ScopeKind.of(requireNonNull(scope, "watch() needs a scope"));
    return this;
  }

  /**
   * Stages that choose and shape events on the server: none unless set. They must leave {@code _id}
   * as it is, which is the resume token. An event that a {@code $match} takes out costs the network
   * nothing, and the stream makes progress all the same.
   */
  public MongoSourceBuilder pipeline(List<? extends Bson> stages) {
    this.pipeline = List.copyOf(requireNonNull(stages, "pipeline() needs stages"));
    return this;
  }

  /**
   * The document that an update event has: none unless set, only what changed. {@code
   * UPDATE_LOOKUP} reads the document when the event is read, so it may show a later change, or be
   * null. {@code WHEN_AVAILABLE} and {@code REQUIRED} need MongoDB 6.0 and a collection with {@code
   * changeStreamPreAndPostImages}; with {@code REQUIRED} the server does not return an event
   * without one. That ends the stream, with an error that names its time; or, where the server says
   * which event it is, the event comes as a {@link MalformedChange}.
   */
  public MongoSourceBuilder fullDocument(FullDocument mode) {
    this.fullDocument = requireNonNull(mode, "fullDocument() needs a mode");
    return this;
  }

  /**
   * The document before a change: none unless set. Needs MongoDB 6.0 and a collection with {@code
   * changeStreamPreAndPostImages}. {@code REQUIRED} is as for {@link #fullDocument}.
   */
  public MongoSourceBuilder fullDocumentBeforeChange(FullDocumentBeforeChange mode) {
    this.before = requireNonNull(mode, "fullDocumentBeforeChange() needs a mode");
    return this;
  }

  /** Whether to tell of definitions such as indexes too: no unless set. Needs MongoDB 6.0. */
  public MongoSourceBuilder showExpandedEvents(boolean show) {
    this.expanded = show;
    return this;
  }

  /**
   * Whether to have the server split events that are larger than 16 MB, which it cannot return
   * otherwise: no unless set. They are put together again, up to 64 MB. Needs MongoDB 6.0.9 or 7.0.
   */
  public MongoSourceBuilder splitLargeEvents(boolean split) {
    this.split = split;
    return this;
  }

  /** How the pipeline compares text: as the server does unless set. */
  public MongoSourceBuilder collation(Collation collation) {
    this.collation = requireNonNull(collation, "collation() needs a collation");
    return this;
  }

  /** What the server's logs and {@code currentOp} call the stream: {@code perennial} unless set. */
  public MongoSourceBuilder comment(String comment) {
    this.comment = requireNonNull(comment, "comment() needs a text");
    return this;
  }

  /** The most events of one answer: as many as fit into 16 MB unless set. */
  public MongoSourceBuilder batchSize(int events) {
    this.batchSize = events;
    return this;
  }

  /**
   * How long the server waits for an event before it answers without one: 500 ms unless set. A
   * close of the stream may take as long, since it kills the cursor after the answer; waiting calls
   * end at once.
   */
  public MongoSourceBuilder maxAwaitTime(Duration time) {
    this.maxAwaitTime = requireNonNull(time, "maxAwaitTime() needs a time");
    return this;
  }

  /** Which members to read from: as the client's settings say unless set. */
  public MongoSourceBuilder readPreference(ReadPreference preference) {
    this.readPreference = requireNonNull(preference, "readPreference() needs a preference");
    return this;
  }

  /**
   * How long the server may take for an answer until the connection counts as broken: the longest
   * of 60 s, {@link #maxAwaitTime} and 10 s, and what the client's settings say, unless set; zero
   * is for ever. A server that resumes a stream may have much to read before its first answer, so a
   * short time may never get past that. Only for a client of the source's own.
   */
  public MongoSourceBuilder readTimeout(Duration timeout) {
    this.readTimeout = requireNonNull(timeout, "readTimeout() needs a time");
    return this;
  }

  /** Where a stream without a checkpoint begins: now unless set. */
  public MongoSourceBuilder startAt(StartPosition start) {
    this.startAt = StartKind.of(requireNonNull(start, "startAt() needs a start"));
    return this;
  }

  /** What to do when the server no longer has what came next: fail unless set. */
  public MongoSourceBuilder onHistoryLost(HistoryLostPolicy policy) {
    this.onHistoryLost =
        HistoryLostKind.of(requireNonNull(policy, "onHistoryLost() needs a policy"));
    return this;
  }

  /**
   * What to do when the server ends the stream, since what it watches is gone: {@link
   * InvalidatePolicy#REOPEN REOPEN} unless set. Never happens to a stream that watches a whole
   * cluster.
   */
  public MongoSourceBuilder onInvalidate(InvalidatePolicy policy) {
    this.onInvalidate = requireNonNull(policy, "onInvalidate() needs a policy");
    return this;
  }

  /**
   * Whether a checkpoint that was saved on another replica set or sharded cluster is used here: no
   * unless set, so that the stream fails instead of skipping events silently. For the start after
   * the data moved to another deployment with its history; the stream then resumes from the
   * checkpoint's cluster time, and the next checkpoint is of the deployment here. Take it out again
   * afterwards, since it accepts any deployment. See {@link MongoSource} for how deployments are
   * told apart.
   */
  public MongoSourceBuilder acceptMigration(boolean accept) {
    this.acceptMigration = accept;
    return this;
  }

  /** Who is told what happens inside: nobody unless set. */
  public MongoSourceBuilder listener(MongoListener listener) {
    this.listener = requireNonNull(listener, "listener() needs a listener");
    return this;
  }

  /** Time and threads: the system's unless set. */
  public MongoSourceBuilder runtime(StreamRuntime runtime) {
    this.runtime = requireNonNull(runtime, "runtime() needs a runtime");
    return this;
  }

  /**
   * Makes a source, a new one at each call. Does no I/O.
   *
   * @throws IllegalArgumentException if something is missing, if settings contradict each other, or
   *     if the client has one with which no change stream can be read
   */
  public MongoSource build() {
    ScopeKind watched = scope;
    if (watched == null) {
      throw new IllegalArgumentException(
          "nothing is watched: say what with watch(), as in watch(Scope.collection(\"shop\", \"orders\"))");
    }
    return new MongoSource(
        spec,
        readTimeout,
        listener,
        runtime,
        new SourceOptions(
            watched,
            UserPipeline.checked(pipeline, spec.codecs(), split),
            fullDocument,
            before,
            expanded,
            split,
            collation,
            comment,
            OptionRanges.batchSize(batchSize),
            OptionRanges.maxAwaitTime(maxAwaitTime),
            readPreference,
            startAt,
            onHistoryLost,
            onInvalidate,
            acceptMigration));
  }

  @Override
  public String toString() {
    return "MongoSourceBuilder[" + spec.hosts() + ']';
  }
}
