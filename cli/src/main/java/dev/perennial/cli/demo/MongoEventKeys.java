package dev.perennial.cli.demo;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.OperationType;
import java.util.Optional;
import org.bson.BsonTimestamp;

/** Keys that identify an event both in the oplog and as it was delivered. */
final class MongoEventKeys {

  private MongoEventKeys() {}

  /**
   * Returns the cluster time, the operation and the document id; the time alone does not identify
   * an event, because all changes of a transaction share it. Empty for events that are not in the
   * oplog, such as an invalidate, which the server creates for each change stream.
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
