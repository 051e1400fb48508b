package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.storage.Catalog;
import dev.perennial.simulators.mongo.storage.CollectionState;
import dev.perennial.simulators.mongo.storage.DocumentChange;
import dev.perennial.simulators.mongo.storage.Oplog;
import dev.perennial.simulators.mongo.storage.OplogEntry;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/** The documents that an event does not carry itself. Guarded by the replica set's lock. */
public record Images(Catalog catalog, Oplog oplog) {

  /** The document as it is now; null if it is gone. */
  @Nullable BsonDocument lookUp(OplogEntry entry) {
    CollectionState collection = catalog.find(entry.namespace());
    DocumentChange change = entry.change().document();
    // A collection that was dropped and created again is another one, even under the same name.
    boolean same = collection != null && collection.uuid().equals(entry.uuid());
    return collection == null || !same || change == null ? null : collection.get(change.id());
  }

  /** A recorded image; null if there is none or it has expired. */
  @Nullable BsonDocument available(OplogEntry entry, @Nullable BsonDocument recorded) {
    return oplog.keepsImages(entry) ? recorded : null;
  }
}
