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
 * The checked options of a source.
 *
 * @param pipeline the application's own stages
 * @param collation the collation of the pipeline; null for the server's default
 * @param batchSize the most events in a reply; null for the server's default
 * @param maxAwaitTime how long the server waits for an event before it answers without one
 * @param readPreference the read preference; null for the client's
 * @param acceptMigration whether the stream resumes from the time of a position of another
 *     deployment
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

  /**
   * Returns whether the request has no pipeline and no option that some servers or versions refuse.
   */
  public boolean isPlain() {
    return pipeline.isEmpty()
        && fullDocument == FullDocument.DEFAULT
        && fullDocumentBeforeChange == FullDocumentBeforeChange.DEFAULT
        && !showExpandedEvents
        && !splitLargeEvents
        && collation == null;
  }
}
