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
 * A builder of {@link MongoSource}. Every option except {@link #watch} has a default. Not safe for
 * use from several threads.
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

  /** Sets what to watch. Required. */
  public MongoSourceBuilder watch(Scope scope) {
    this.scope = (ScopeKind) requireNonNull(scope, "watch() needs a scope");
    return this;
  }

  /**
   * Sets stages that filter and shape events on the server. None by default. They must not change
   * {@code _id}, which is the resume token. An event that a {@code $match} removes is not sent, and
   * the stream still makes progress.
   */
  public MongoSourceBuilder pipeline(List<? extends Bson> stages) {
    this.pipeline = List.copyOf(requireNonNull(stages, "pipeline() needs stages"));
    return this;
  }

  /**
   * Sets the document that an update event has. None by default, only what changed. With {@code
   * UPDATE_LOOKUP} the server reads the document when it reads the event, so it may show a later
   * change, or be null. {@code WHEN_AVAILABLE} and {@code REQUIRED} need MongoDB 6.0 and a
   * collection with {@code changeStreamPreAndPostImages}. With {@code REQUIRED} the server does not
   * return an event without a document: the stream delivers it as a {@link MalformedChange} if the
   * server says which event it is, and fails otherwise.
   */
  public MongoSourceBuilder fullDocument(FullDocument mode) {
    this.fullDocument = requireNonNull(mode, "fullDocument() needs a mode");
    return this;
  }

  /**
   * Sets whether an event has the document before the change. No by default. Needs MongoDB 6.0 and
   * a collection with {@code changeStreamPreAndPostImages}. {@code REQUIRED} means the same as for
   * {@link #fullDocument}.
   */
  public MongoSourceBuilder fullDocumentBeforeChange(FullDocumentBeforeChange mode) {
    this.before = requireNonNull(mode, "fullDocumentBeforeChange() needs a mode");
    return this;
  }

  /**
   * Sets whether the stream also delivers changes of definitions, such as indexes. No by default.
   * Needs MongoDB 6.0.
   */
  public MongoSourceBuilder showExpandedEvents(boolean show) {
    this.expanded = show;
    return this;
  }

  /**
   * Sets whether the server splits events that are larger than 16 MB, which it cannot return
   * otherwise. No by default. The source joins them again, up to 64 MB. Needs MongoDB 6.0.9 or 7.0.
   */
  public MongoSourceBuilder splitLargeEvents(boolean split) {
    this.split = split;
    return this;
  }

  /** Sets how the pipeline compares text. The server's own way by default. */
  public MongoSourceBuilder collation(Collation collation) {
    this.collation = requireNonNull(collation, "collation() needs a collation");
    return this;
  }

  /**
   * Sets the stream's name in the server's logs and {@code currentOp}. By default {@code
   * perennial}.
   */
  public MongoSourceBuilder comment(String comment) {
    this.comment = requireNonNull(comment, "comment() needs a text");
    return this;
  }

  /**
   * Sets the most events of one answer. By default the source asks for as many as have about 4 MB
   * together, if they are as large as the last ones.
   */
  public MongoSourceBuilder batchSize(int events) {
    this.batchSize = events;
    return this;
  }

  /**
   * Sets how long the server waits for an event before it answers without one. 500 ms by default.
   * Neither a close nor a call that waits for an event takes as long.
   */
  public MongoSourceBuilder maxAwaitTime(Duration time) {
    this.maxAwaitTime = requireNonNull(time, "maxAwaitTime() needs a time");
    return this;
  }

  /** Sets which members to read from. By default as the client's settings say. */
  public MongoSourceBuilder readPreference(ReadPreference preference) {
    this.readPreference = requireNonNull(preference, "readPreference() needs a preference");
    return this;
  }

  /**
   * Sets how long the server may take for an answer before the connection counts as broken. Zero
   * means no limit. By default the longest of 60 s, {@link #maxAwaitTime} plus 10 s, and the
   * client's setting. A server that resumes a stream may have much to read before its first answer,
   * so a short timeout may never get past that. Only for a client of the source's own.
   */
  public MongoSourceBuilder readTimeout(Duration timeout) {
    this.readTimeout = requireNonNull(timeout, "readTimeout() needs a time");
    return this;
  }

  /** Sets where a stream without a checkpoint begins. Now by default. */
  public MongoSourceBuilder startAt(StartPosition start) {
    this.startAt = (StartKind) requireNonNull(start, "startAt() needs a start");
    return this;
  }

  /**
   * Sets what the stream does when the server no longer has the changes after its position. It
   * fails by default.
   */
  public MongoSourceBuilder onHistoryLost(HistoryLostPolicy policy) {
    this.onHistoryLost = (HistoryLostKind) requireNonNull(policy, "onHistoryLost() needs a policy");
    return this;
  }

  /**
   * Sets what the stream does when the server ends it because what it watches was dropped or
   * renamed. {@link InvalidatePolicy#REOPEN REOPEN} by default. This never happens to a stream that
   * watches a whole cluster.
   */
  public MongoSourceBuilder onInvalidate(InvalidatePolicy policy) {
    this.onInvalidate = requireNonNull(policy, "onInvalidate() needs a policy");
    return this;
  }

  /**
   * Sets whether the stream uses a checkpoint that was saved on another replica set or sharded
   * cluster. No by default: the stream fails instead of skipping events silently. Set it for the
   * first start after the data moved to another deployment with its history; the stream then
   * resumes from the checkpoint's cluster time. Remove it afterwards, because it accepts any
   * deployment. See {@link MongoSource} for how the source distinguishes deployments.
   */
  public MongoSourceBuilder acceptMigration(boolean accept) {
    this.acceptMigration = accept;
    return this;
  }

  /** Sets the listener, which the source calls when something happens inside it. */
  public MongoSourceBuilder listener(MongoListener listener) {
    this.listener = requireNonNull(listener, "listener() needs a listener");
    return this;
  }

  /** Sets where time and threads come from. The system by default; give the stream the same one. */
  public MongoSourceBuilder runtime(StreamRuntime runtime) {
    this.runtime = requireNonNull(runtime, "runtime() needs a runtime");
    return this;
  }

  /**
   * Returns a new source. Does no I/O.
   *
   * @throws IllegalArgumentException if {@link #watch} was not called, if options contradict each
   *     other, or if the client has a setting that change streams do not support
   */
  public MongoSource build() {
    ScopeKind watched = scope;
    if (watched == null) {
      throw new IllegalArgumentException(
          "Cannot build a MongoSource: nothing is watched. Set what with watch(), as in"
              + " watch(Scope.collection(\"shop\", \"orders\")).");
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
