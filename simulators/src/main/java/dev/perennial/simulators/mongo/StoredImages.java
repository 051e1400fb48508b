package dev.perennial.simulators.mongo;

import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/** Images out of the replica set's data. Guarded by its lock. */
record StoredImages(ReplicaSet set) implements Images {

  @Override
  public @Nullable BsonDocument lookUp(OplogEntry entry) {
    CollectionState collection = set.catalog().find(entry.namespace());
    DocumentChange change = entry.change().document();
    // A collection that was dropped and made again is another one, whatever it is called.
    boolean same = collection != null && collection.uuid().equals(entry.uuid());
    return collection == null || !same || change == null ? null : collection.get(change.id());
  }

  @Override
  public @Nullable BsonDocument available(OplogEntry entry, @Nullable BsonDocument recorded) {
    BsonTimestamp from = set.imagesFrom();
    return from != null && entry.time().compareTo(from) < 0 ? null : recorded;
  }
}
