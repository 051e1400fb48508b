package dev.perennial.simulators.mongo;

import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * What happened, before it has a time.
 *
 * @param documentKey of a change of one document
 * @param fullDocument of an insert or a replacement
 * @param after the document as an update left it, for images
 * @param before the document as it was, where the collection records pre-images
 * @param updateDescription of an update, with disambiguatedPaths, which only some streams show
 * @param to where a collection was renamed to
 * @param event of a raw change: the event as a test made it up
 */
record Change(
    ChangeKind kind,
    Namespace namespace,
    @Nullable UUID uuid,
    @Nullable BsonDocument documentKey,
    @Nullable BsonDocument fullDocument,
    @Nullable BsonDocument after,
    @Nullable BsonDocument before,
    @Nullable BsonDocument updateDescription,
    @Nullable Namespace to,
    @Nullable BsonDocument operationDescription,
    @Nullable RawEvent event) {

  static Change noop() {
    return new Change(
        ChangeKind.NOOP,
        Namespace.ofDatabase(""),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  static Change ofCollection(ChangeKind kind, Namespace namespace, @Nullable UUID uuid) {
    return new Change(kind, namespace, uuid, null, null, null, null, null, null, null, null);
  }

  static Change described(
      ChangeKind kind, Namespace namespace, UUID uuid, BsonDocument operationDescription) {
    return new Change(
        kind, namespace, uuid, null, null, null, null, null, null, operationDescription, null);
  }

  static Change renamed(Namespace from, Namespace to, UUID uuid, BsonDocument description) {
    return new Change(
        ChangeKind.RENAME, from, uuid, null, null, null, null, null, to, description, null);
  }

  static Change inserted(CollectionState in, BsonDocument key, BsonDocument document) {
    return new Change(
        ChangeKind.INSERT,
        in.namespace(),
        in.uuid(),
        key,
        document,
        document,
        null,
        null,
        null,
        null,
        null);
  }

  static Change replaced(
      CollectionState in, BsonDocument key, BsonDocument before, BsonDocument after) {
    return new Change(
        ChangeKind.REPLACE,
        in.namespace(),
        in.uuid(),
        key,
        after,
        after,
        in.recordsImages() ? before : null,
        null,
        null,
        null,
        null);
  }

  static Change updated(
      CollectionState in,
      BsonDocument key,
      BsonDocument before,
      BsonDocument after,
      BsonDocument description) {
    return new Change(
        ChangeKind.UPDATE,
        in.namespace(),
        in.uuid(),
        key,
        null,
        in.recordsImages() ? after : null,
        in.recordsImages() ? before : null,
        description,
        null,
        null,
        null);
  }

  static Change deleted(CollectionState in, BsonDocument key, BsonDocument before) {
    return new Change(
        ChangeKind.DELETE,
        in.namespace(),
        in.uuid(),
        key,
        null,
        null,
        in.recordsImages() ? before : null,
        null,
        null,
        null,
        null);
  }

  static Change raw(Namespace namespace, UUID uuid, RawEvent event) {
    return new Change(
        ChangeKind.RAW,
        namespace,
        uuid,
        new BsonDocument("_id", event.key()),
        null,
        null,
        null,
        null,
        null,
        null,
        event);
  }

  /** The id of the document that was changed. */
  @Nullable BsonValue documentId() {
    return documentKey == null ? null : documentKey.get("_id");
  }
}
