package dev.perennial.simulators.mongo.storage;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** A collection and its documents, in order of insertion. Guarded by the replica set's lock. */
public final class CollectionState {

  private final Namespace namespace;
  private final UUID uuid;
  private final boolean view;
  private final Map<BsonValue, BsonDocument> documents = new LinkedHashMap<>();
  private boolean recordsImages;

  public CollectionState(Namespace namespace, UUID uuid, boolean view) {
    this.namespace = namespace;
    this.uuid = uuid;
    this.view = view;
  }

  /** The same collection under another name. */
  CollectionState renamed(Namespace to) {
    CollectionState renamed = new CollectionState(to, uuid, view);
    renamed.documents.putAll(documents);
    renamed.recordsImages = recordsImages;
    return renamed;
  }

  public Namespace namespace() {
    return namespace;
  }

  public UUID uuid() {
    return uuid;
  }

  public boolean isView() {
    return view;
  }

  /** Whether changeStreamPreAndPostImages are on. */
  public boolean recordsImages() {
    return recordsImages;
  }

  void setRecordsImages(boolean recordsImages) {
    this.recordsImages = recordsImages;
  }

  public Collection<BsonDocument> documents() {
    return documents.values();
  }

  public @Nullable BsonDocument get(BsonValue id) {
    return documents.get(canonical(id));
  }

  void put(BsonDocument document) {
    documents.put(canonical(document.get("_id", BsonNull.VALUE)), document);
  }

  @Nullable BsonDocument remove(BsonValue id) {
    return documents.remove(canonical(id));
  }

  /** Numbers of equal value are the same id, whatever their type. */
  private static BsonValue canonical(BsonValue id) {
    if (id.isInt32()) {
      return new BsonInt64(id.asInt32().getValue());
    }
    if (id.isDouble() && id.asDouble().getValue() == id.asDouble().longValue()) {
      return new BsonInt64(id.asDouble().longValue());
    }
    return id;
  }
}
