package dev.perennial.source.mongo;

import dev.perennial.port.support.LogText;
import java.util.Optional;

/**
 * The name of a database, or of a collection in it.
 *
 * @param database the database; an empty string if a pipeline removed it
 * @param collection the collection; empty if the event is about a whole database
 */
public record Namespace(String database, Optional<String> collection) {

  /** Returns the name of a collection. */
  public static Namespace of(String database, String collection) {
    return new Namespace(database, Optional.of(collection));
  }

  /** Returns the name of a database. */
  public static Namespace of(String database) {
    return new Namespace(database, Optional.empty());
  }

  /** Returns {@code database.collection}, or only the database. */
  public String fullName() {
    return collection.isPresent() ? database + '.' + collection.get() : database;
  }

  /** Returns the full name on one line, shortened to 100 characters. */
  @Override
  public String toString() {
    return LogText.brief(fullName());
  }
}
