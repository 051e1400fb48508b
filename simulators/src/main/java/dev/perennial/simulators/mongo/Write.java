package dev.perennial.simulators.mongo;

import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/** One operation of a transaction; namespaces are {@code database.collection}. */
public sealed interface Write {

  /** Puts a document in. */
  record Insert(String namespace, BsonDocument document) implements Write {}

  /**
   * Changes fields of a document.
   *
   * @param set fields, dotted or not, and their new values
   * @param unset fields to remove
   */
  record Update(String namespace, BsonValue id, BsonDocument set, List<String> unset)
      implements Write {}

  /** Puts another document in a document's place. */
  record Replace(String namespace, BsonValue id, BsonDocument document) implements Write {}

  /** Removes a document. */
  record Delete(String namespace, BsonValue id) implements Write {}
}
