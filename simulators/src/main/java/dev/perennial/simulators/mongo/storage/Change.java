package dev.perennial.simulators.mongo.storage;

import java.util.UUID;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * A change of the data, before the oplog gives it a time.
 *
 * @param document of a change of one document
 * @param to where a collection was renamed to
 * @param operationDescription how expanded events describe a change of a definition
 * @param event the event, if a test made it up
 */
public record Change(
    ChangeKind kind,
    Namespace namespace,
    @Nullable UUID uuid,
    @Nullable DocumentChange document,
    @Nullable Namespace to,
    @Nullable BsonDocument operationDescription,
    @Nullable RawEvent event) {

  public static Change noop() {
    return ofCollection(ChangeKind.NOOP, Namespace.ofDatabase(""), null);
  }

  static Change ofCollection(ChangeKind kind, Namespace namespace, @Nullable UUID uuid) {
    return new Change(kind, namespace, uuid, null, null, null, null);
  }

  public static Change ofDocument(ChangeKind kind, CollectionState in, DocumentChange document) {
    return new Change(kind, in.namespace(), in.uuid(), document, null, null, null);
  }

  static Change described(
      ChangeKind kind, Namespace namespace, UUID uuid, BsonDocument description) {
    return new Change(kind, namespace, uuid, null, null, description, null);
  }

  static Change renamed(Namespace from, Namespace to, UUID uuid, BsonDocument description) {
    return new Change(ChangeKind.RENAME, from, uuid, null, to, description, null);
  }

  static Change raw(Namespace namespace, UUID uuid, RawEvent event) {
    return new Change(ChangeKind.RAW, namespace, uuid, null, null, null, event);
  }

  /** The document's key; a raw event's stands only for what its token is made of. */
  public @Nullable BsonDocument documentKey() {
    if (event != null) {
      return new BsonDocument("_id", event.key());
    }
    return document == null ? null : document.key();
  }

  /** The document that the event carries itself. */
  public @Nullable BsonDocument fullDocument() {
    boolean carried = kind == ChangeKind.INSERT || kind == ChangeKind.REPLACE;
    return document == null || !carried ? null : document.current();
  }

  /** The document as it was after the change, if that was recorded. */
  public @Nullable BsonDocument after() {
    return document == null || !document.recorded() ? null : document.current();
  }

  /** The document as it was before the change, if that was recorded. */
  public @Nullable BsonDocument before() {
    return document == null || !document.recorded() ? null : document.previous();
  }

  public @Nullable BsonDocument updateDescription() {
    return document == null ? null : document.updateDescription();
  }
}
