package dev.perennial.simulators.mongo;

import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/** One operation of a transaction; namespaces are {@code database.collection}. */
public sealed interface Write {

  /** Inserts a document. */
  record Insert(String namespace, BsonDocument document) implements Write {}

  /**
   * Changes fields of a document.
   *
   * @param set fields, dotted or not, and their new values
   * @param unset fields to remove
   */
  record Update(String namespace, BsonValue id, BsonDocument set, List<String> unset)
      implements Write {}

  /** Replaces a document. */
  record Replace(String namespace, BsonValue id, BsonDocument document) implements Write {}

  /** Deletes a document. */
  record Delete(String namespace, BsonValue id) implements Write {}
}
