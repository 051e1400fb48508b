package dev.perennial.simulators.mongo.storage;

import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.query.Updates;
import dev.perennial.simulators.mongo.wire.BsonBytes;
import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Changes documents and collections. A change of a collection is appended to the oplog at once; a
 * change of a document is returned for the caller to append. Guarded by the replica set's lock.
 */
public final class Documents {

  private final Catalog catalog;
  private final Oplog oplog;

  public Documents(Catalog catalog, Oplog oplog) {
    this.catalog = catalog;
    this.oplog = oplog;
  }

  /** Inserts a document, which gets an {@code _id} if it has none. */
  public Change insert(Namespace namespace, BsonDocument document) {
    CollectionState collection = open(namespace);
    BsonDocument stored = withId(document);
    BsonValue id = Objects.requireNonNull(stored.get("_id"));
    if (collection.get(id) != null) {
      throw new CommandError(
          11000,
          "E11000 duplicate key error collection: "
              + namespace
              + " index: _id_ dup key: "
              + new BsonDocument("_id", id).toJson());
    }
    collection.put(stored);
    return change(ChangeKind.INSERT, collection, null, stored, null);
  }

  /** Replaces a document; null if the replacement equals it. */
  public @Nullable Change replace(Namespace namespace, BsonValue id, BsonDocument replacement) {
    CollectionState collection = open(namespace);
    BsonDocument before = existing(collection, id);
    BsonDocument after = new BsonDocument("_id", Objects.requireNonNull(before.get("_id")));
    after.putAll(BsonBytes.copy(replacement));
    if (Arrays.equals(BsonBytes.encode(before), BsonBytes.encode(after))) {
      return null;
    }
    collection.put(after);
    return change(ChangeKind.REPLACE, collection, before, after, null);
  }

  /** Updates a document; null if the update changes nothing. */
  public @Nullable Change update(
      Namespace namespace, BsonValue id, Function<BsonDocument, Updates.Result> update) {
    CollectionState collection = open(namespace);
    BsonDocument before = existing(collection, id);
    Updates.Result result = update.apply(before);
    if (!result.changed()) {
      return null;
    }
    collection.put(result.after());
    return change(ChangeKind.UPDATE, collection, before, result.after(), result.description());
  }

  public Change delete(Namespace namespace, BsonValue id) {
    CollectionState collection = open(namespace);
    BsonDocument before = existing(collection, id);
    collection.remove(id);
    return change(ChangeKind.DELETE, collection, before, null, null);
  }

  /** Finds a collection, or creates it. */
  public CollectionState open(Namespace namespace) {
    CollectionState collection = catalog.find(namespace);
    return collection != null ? collection : create(namespace, new BsonDocument());
  }

  public CollectionState create(Namespace namespace, BsonDocument options) {
    if (catalog.find(namespace) != null) {
      throw new CommandError(48, "Collection " + namespace + " already exists.");
    }
    CollectionState created = catalog.create(namespace, options.containsKey("viewOn"));
    created.setRecordsImages(wantsImages(options));
    if (!created.isView()) {
      BsonDocument description = new BsonDocument();
      description.put(
          "idIndex",
          new BsonDocument("v", new BsonInt32(2))
              .append("key", new BsonDocument("_id", new BsonInt32(1)))
              .append("name", new BsonString("_id_")));
      oplog.append(Change.described(ChangeKind.CREATE, namespace, created.uuid(), description));
    }
    return created;
  }

  public static boolean wantsImages(BsonDocument options) {
    BsonValue images = options.get("changeStreamPreAndPostImages");
    return images != null
        && images.isDocument()
        && images.asDocument().getBoolean("enabled", BsonBoolean.FALSE).getValue();
  }

  public BsonTimestamp modify(Namespace namespace, boolean images) {
    CollectionState collection = require(namespace);
    collection.setRecordsImages(images);
    BsonDocument description =
        new BsonDocument(
            "changeStreamPreAndPostImages",
            new BsonDocument("enabled", BsonBoolean.valueOf(images)));
    return oplog.append(
        Change.described(ChangeKind.MODIFY, namespace, collection.uuid(), description));
  }

  public BsonTimestamp indexes(ChangeKind kind, Namespace namespace, BsonValue indexes) {
    CollectionState collection = open(namespace);
    return oplog.append(
        Change.described(kind, namespace, collection.uuid(), new BsonDocument("indexes", indexes)));
  }

  public BsonTimestamp drop(Namespace namespace) {
    CollectionState collection = require(namespace);
    catalog.remove(namespace);
    return oplog.append(Change.ofCollection(ChangeKind.DROP, namespace, collection.uuid()));
  }

  public BsonTimestamp rename(Namespace from, Namespace to, boolean dropTarget) {
    CollectionState collection = require(from);
    BsonDocument description = new BsonDocument("to", to.toDocument());
    CollectionState target = catalog.find(to);
    if (target != null) {
      if (!dropTarget) {
        throw new CommandError(48, "target namespace exists");
      }
      description.put("dropTarget", BsonValues.binary(target.uuid()));
      catalog.remove(to);
    }
    catalog.remove(from);
    catalog.add(collection.renamed(to));
    return oplog.append(Change.renamed(from, to, collection.uuid(), description));
  }

  public BsonTimestamp dropDatabase(String database) {
    for (CollectionState collection : catalog.of(database)) {
      drop(collection.namespace());
    }
    return oplog.append(
        Change.ofCollection(ChangeKind.DROP_DATABASE, Namespace.ofDatabase(database), null));
  }

  public BsonTimestamp raw(
      Namespace namespace, BsonDocument event, UnaryOperator<byte[]> corruption) {
    BsonValue key =
        event.containsKey("documentKey") && event.get("documentKey").isDocument()
            ? event.getDocument("documentKey").get("_id", new BsonInt32(0))
            : new BsonInt32(0);
    return oplog.append(
        Change.raw(
            namespace,
            open(namespace).uuid(),
            new RawEvent(BsonBytes.copy(event), key, corruption)));
  }

  private CollectionState require(Namespace namespace) {
    CollectionState collection = catalog.find(namespace);
    if (collection == null) {
      throw new CommandError(26, "ns not found: " + namespace);
    }
    return collection;
  }

  private static BsonDocument existing(CollectionState collection, BsonValue id) {
    BsonDocument found = collection.get(id);
    if (found == null) {
      throw new IllegalArgumentException(
          "There is no document with the _id " + id + " in " + collection.namespace() + ".");
    }
    return found;
  }

  private static Change change(
      ChangeKind kind,
      CollectionState collection,
      @Nullable BsonDocument before,
      @Nullable BsonDocument after,
      @Nullable BsonDocument description) {
    BsonDocument either = Objects.requireNonNull(after == null ? before : after);
    BsonDocument key = new BsonDocument("_id", Objects.requireNonNull(either.get("_id")));
    return Change.ofDocument(
        kind,
        collection,
        new DocumentChange(key, before, after, description, collection.recordsImages()));
  }

  /** A copy with the {@code _id} first, as the server stores it. */
  static BsonDocument withId(BsonDocument document) {
    BsonDocument copy = BsonBytes.copy(document);
    BsonValue id = copy.get("_id");
    BsonDocument stored = new BsonDocument("_id", id == null ? new BsonObjectId() : id);
    stored.putAll(copy);
    return stored;
  }
}
