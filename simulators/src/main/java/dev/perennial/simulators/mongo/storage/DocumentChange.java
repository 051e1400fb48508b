package dev.perennial.simulators.mongo.storage;

import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A change of one document.
 *
 * @param previous the document as it was; null for an insert
 * @param current the document as it is now; null for a delete
 * @param updateDescription of an update, with all fields, of which streams show some
 * @param recorded whether the collection records images
 */
public record DocumentChange(
    BsonDocument key,
    @Nullable BsonDocument previous,
    @Nullable BsonDocument current,
    @Nullable BsonDocument updateDescription,
    boolean recorded) {

  public BsonValue id() {
    return Objects.requireNonNull(key.get("_id"));
  }
}
