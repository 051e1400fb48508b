package dev.perennial.cli.demo;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.OperationType;
import java.util.Optional;
import org.bson.BsonTimestamp;

/** The keys by which an event is known in the oplog and out of it. */
final class MongoKeys {

  private MongoKeys() {}

  /**
   * When, what, and to which document: all changes of a transaction have one time. Empty for what
   * is not in the oplog, as an invalidate, which each change stream makes up for itself.
   */
  static Optional<String> of(ChangeEvent event) {
    if (!(event instanceof Change change)
        || change.operationType() == OperationType.INVALIDATE
        || change.clusterTime().isEmpty()) {
      return Optional.empty();
    }
    BsonTimestamp time = change.clusterTime().get();
    String id = change.documentId().map(key -> " " + key).orElse("");
    return Optional.of(
        Integer.toUnsignedLong(time.getTime())
            + "."
            + Integer.toUnsignedLong(time.getInc())
            + ' '
            + change.rawOperationType()
            + id);
  }
}
