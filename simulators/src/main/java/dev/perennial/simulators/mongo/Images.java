package dev.perennial.simulators.mongo;

import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/** Where the documents come from that an event does not carry itself. */
interface Images {

  /** The document as it is now; null if it is gone. */
  @Nullable BsonDocument lookUp(OplogEntry entry);

  /** An image that was recorded, unless it has expired. */
  @Nullable BsonDocument available(OplogEntry entry, @Nullable BsonDocument recorded);
}
