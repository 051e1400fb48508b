package dev.perennial.simulators.mongo.wire;

import java.util.List;
import org.bson.BsonDocument;

/** The reply to a command, without the fields that every reply ends with. */
public sealed interface Reply {

  /** A document. */
  record Plain(BsonDocument document) implements Reply {}

  /**
   * A batch of a cursor.
   *
   * @param first whether it answers the command that opened the cursor
   * @param documents encoded, and copied as they are
   * @param cursorId 0: the cursor is at its end
   * @param postBatchToken what goes beside the batch, or an empty document for nothing
   */
  record Batch(
      boolean first,
      List<byte[]> documents,
      long cursorId,
      String namespace,
      BsonDocument postBatchToken)
      implements Reply {}

  /** Bytes that are no message, after which the connection is closed. */
  record Garbage() implements Reply {}

  static Reply of(BsonDocument document) {
    return new Plain(document);
  }

  static Reply ok() {
    return new Plain(new BsonDocument());
  }
}
