package dev.perennial.simulators.mongo.storage;

import org.bson.BsonDocument;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;

/** A database, or a collection in it. */
public record Namespace(String database, @Nullable String collection) {

  public static Namespace of(String database, String collection) {
    return new Namespace(database, collection);
  }

  static Namespace ofDatabase(String database) {
    return new Namespace(database, null);
  }

  /** {@code database.collection}, where the collection may have dots. */
  public static Namespace parse(String text) {
    int dot = text.indexOf('.');
    if (dot < 1 || dot == text.length() - 1) {
      throw new IllegalArgumentException(
          "A namespace is a database, a dot and a collection, not \"" + text + "\".");
    }
    return new Namespace(text.substring(0, dot), text.substring(dot + 1));
  }

  /** As events show it. */
  public BsonDocument toDocument() {
    BsonDocument document = new BsonDocument("db", new BsonString(database));
    if (collection != null) {
      document.put("coll", new BsonString(collection));
    }
    return document;
  }

  @Override
  public String toString() {
    return collection == null ? database : database + "." + collection;
  }
}
