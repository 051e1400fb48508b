package dev.perennial.source.mongo.internal.watch;

import com.mongodb.ReadPreference;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.source.mongo.InvalidatePolicy;
import dev.perennial.source.mongo.internal.position.StartKind;
import java.time.Duration;
import java.util.List;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * The options of a source, checked.
 *
 * @param pipeline the application's own stages
 * @param collation of the pipeline; null for the server's
 * @param batchSize the most events of an answer; null for as many as the server likes
 * @param maxAwaitTime how long the server waits for an event before it answers without one
 * @param readPreference null for the client's
 * @param acceptMigration whether a position of another deployment is used by its time
 */
public record SourceOptions(
    ScopeKind scope,
    List<BsonDocument> pipeline,
    FullDocument fullDocument,
    FullDocumentBeforeChange fullDocumentBeforeChange,
    boolean showExpandedEvents,
    boolean splitLargeEvents,
    @Nullable Collation collation,
    String comment,
    @Nullable Integer batchSize,
    Duration maxAwaitTime,
    @Nullable ReadPreference readPreference,
    StartKind startAt,
    HistoryLostKind onHistoryLost,
    InvalidatePolicy onInvalidate,
    boolean acceptMigration) {

  /** Whether the server is asked for nothing that a server or a version of it may refuse. */
  public boolean isPlain() {
    return pipeline.isEmpty()
        && fullDocument == FullDocument.DEFAULT
        && fullDocumentBeforeChange == FullDocumentBeforeChange.DEFAULT
        && !showExpandedEvents
        && !splitLargeEvents
        && collation == null;
  }
}
