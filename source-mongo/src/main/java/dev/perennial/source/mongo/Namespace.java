package dev.perennial.source.mongo;

import dev.perennial.port.support.LogText;
import java.util.Optional;

/**
 * The name of a database, or of a collection in it.
 *
 * @param database the database; empty if a pipeline removed it
 * @param collection the collection; empty where an event tells of a whole database
 */
public record Namespace(String database, Optional<String> collection) {

  /** A collection's name. */
  public static Namespace of(String database, String collection) {
    return new Namespace(database, Optional.of(collection));
  }

  /** A database's name. */
  public static Namespace of(String database) {
    return new Namespace(database, Optional.empty());
  }

  /** {@code database.collection}, or only the database. */
  public String fullName() {
    return collection.isPresent() ? database + '.' + collection.get() : database;
  }

  /** The full name, fit for a log. */
  @Override
  public String toString() {
    return LogText.brief(fullName());
  }
}
