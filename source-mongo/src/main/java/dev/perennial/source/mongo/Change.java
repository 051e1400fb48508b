package dev.perennial.source.mongo;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.internal.event.DocumentIds;
import dev.perennial.source.mongo.internal.event.Envelope;
import dev.perennial.source.mongo.internal.event.Field;
import dev.perennial.source.mongo.internal.event.NestedDocuments;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/**
 * A change event as the server sent it. Every field but the resume token is optional, because a
 * pipeline may have removed it. A field that is null, or to which a pipeline gave another type,
 * counts as absent; {@link #raw()} has it. Only {@link #fullDocument()} and {@link
 * #fullDocumentBeforeChange()} distinguish null from absent.
 *
 * <p>Immutable and safe for use from any thread. Documents are decoded when the application asks
 * for them, again at each call. If one is corrupt inside, its accessor throws {@link
 * ChangePayloadException}.
 *
 * <p>Two changes are equal if their bytes are equal.
 */
public final class Change implements ChangeEvent {

  private static final String READ_RAW = "Read Change.raw() instead.";

  private final Envelope envelope;
  private final OperationType operationType;
  private final String rawOperationType;
  private final @Nullable Namespace namespace;
  private final @Nullable Namespace to;
  private final CodecRegistry codecs;

  /** Only for the source: {@link Envelope} is internal, so applications cannot call this. */
  @SuppressWarnings("exports")
  public Change(
      Envelope envelope,
      OperationType operationType,
      String rawOperationType,
      @Nullable Namespace namespace,
      @Nullable Namespace to,
      CodecRegistry codecs) {
    this.envelope = envelope;
    this.operationType = operationType;
    this.rawOperationType = rawOperationType;
    this.namespace = namespace;
    this.to = to;
    this.codecs = codecs;
  }

  /**
   * Returns what happened; {@link OperationType#OTHER} if this version does not know the operation.
   */
  public OperationType operationType() {
    return operationType;
  }

  /** Returns the server's name for what happened; empty if there is none. */
  public String rawOperationType() {
    return rawOperationType;
  }

  /** Returns whether a document changed: insert, update, replace or delete. */
  public boolean isData() {
    return operationType.isData();
  }

  /** Returns whether a collection, its indexes or a database changed. */
  public boolean isDefinition() {
    return operationType.isDefinition();
  }

  /** Returns the collection or database that changed. */
  public Optional<Namespace> namespace() {
    return Optional.ofNullable(namespace);
  }

  /** Returns the new name after a rename. */
  public Optional<Namespace> to() {
    return Optional.ofNullable(to);
  }

  /**
   * Returns the kind of the namespace, for example {@code collection} or {@code view}. Servers send
   * it from version 8.1 on.
   */
  public Optional<String> namespaceType() {
    return Optional.ofNullable(envelope.string(Field.NS_TYPE));
  }

  /**
   * Returns the {@code _id} of the document that changed, and its shard key if it has one.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<BsonDocument> documentKey() {
    return document(Field.DOCUMENT_KEY);
  }

  /**
   * Returns the {@code _id} of the document that changed.
   *
   * @throws ChangePayloadException if the document key is corrupt
   */
  public Optional<BsonValue> documentId() {
    BsonValue usual =
        envelope.has(Field.DOCUMENT_KEY)
            ? DocumentIds.only(
                envelope.bytes,
                envelope.start(Field.DOCUMENT_KEY),
                envelope.documentEnd(Field.DOCUMENT_KEY))
            : null;
    return usual != null ? Optional.of(usual) : documentKey().map(key -> key.get("_id"));
  }

  /**
   * Returns the document. For an insert or replace it is always the new document. For an update it
   * depends on {@link MongoSourceBuilder#fullDocument}: absent, the document after the update or
   * later, or null if the server does not have it.
   */
  public ChangeDocument fullDocument() {
    return ChangeDocument.of(envelope, Field.FULL_DOCUMENT, codecs);
  }

  /**
   * Returns the document before the change, as {@link MongoSourceBuilder#fullDocumentBeforeChange}
   * says.
   */
  public ChangeDocument fullDocumentBeforeChange() {
    return ChangeDocument.of(envelope, Field.FULL_DOCUMENT_BEFORE_CHANGE, codecs);
  }

  /**
   * Returns the document after the change: {@link #fullDocument()} for an insert, replace or
   * update, absent for everything else. With the mode {@code UPDATE_LOOKUP} it may show a later
   * change.
   */
  public ChangeDocument documentAfter() {
    return switch (operationType) {
      case INSERT, REPLACE, UPDATE -> fullDocument();
      default -> ChangeDocument.absent(Field.FULL_DOCUMENT, codecs);
    };
  }

  /**
   * Returns what an update changed.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<UpdateDescription> updateDescription() {
    return document(Field.UPDATE_DESCRIPTION)
        .map(document ->
            Payload.read(
                () -> "the updateDescription of " + this + " as the server documents it",
                READ_RAW,
                () -> NestedDocuments.updateDescription(document)));
  }

  /** Returns the cluster time of the change. Both halves are unsigned. */
  public Optional<BsonTimestamp> clusterTime() {
    return Optional.ofNullable(envelope.timestamp(Field.CLUSTER_TIME));
  }

  /**
   * Returns the time of the change by the server's clock, in milliseconds. Servers send it from
   * version 6.0 on.
   */
  public Optional<Instant> wallTime() {
    return Optional.ofNullable(envelope.instant(Field.WALL_TIME));
  }

  /** Returns the number of the transaction within its session, if there was one. */
  public OptionalLong txnNumber() {
    return envelope.int64(Field.TXN_NUMBER);
  }

  /**
   * Returns the session of the transaction, if there was one.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<BsonDocument> lsid() {
    return document(Field.LSID);
  }

  /** Returns the id of the collection. Servers send it from 6.0 on, with expanded events. */
  public Optional<UUID> collectionUuid() {
    return Optional.ofNullable(envelope.uuid(Field.COLLECTION_UUID));
  }

  /**
   * Returns the details of a changed definition. Servers send them with expanded events.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<BsonDocument> operationDescription() {
    return document(Field.OPERATION_DESCRIPTION);
  }

  /**
   * Returns which fragment of a split event this is. Only a pipeline of the application with a
   * stage {@code $changeStreamSplitLargeEvent} leads to fragments: with {@link
   * MongoSourceBuilder#splitLargeEvents} the source joins them.
   */
  public Optional<SplitEvent> splitEvent() {
    return document(Field.SPLIT_EVENT)
        .map(document ->
            Payload.read(
                () -> "the splitEvent of " + this + " as the server documents it",
                READ_RAW,
                () -> NestedDocuments.splitEvent(document)));
  }

  /** Returns the event's resume token: its {@code _id}. */
  public BsonDocument resumeToken() {
    return new RawBsonDocument(envelope.documentBytes(Field.ID));
  }

  /**
   * Returns a view of the whole event, undecoded. It copies nothing and refuses changes; do not
   * change its backing array either. For an event that came split, it has all fragments joined.
   */
  public RawBsonDocument raw() {
    return new RawBsonDocument(envelope.bytes);
  }

  /** Returns a copy of the whole event's bytes. */
  public byte[] rawBytes() {
    return envelope.bytes.clone();
  }

  /** Returns the size of the whole event in bytes. */
  public int size() {
    return envelope.bytes.length;
  }

  /**
   * Returns the whole event as relaxed extended JSON.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public String toJson() {
    return Payload.read(() -> this + " as JSON", "Read Change.rawBytes() instead.", raw()::toJson);
  }

  /** Returns the event's position, which keeps nothing of the event. */
  public MongoPosition position() {
    return ResumePosition.ofToken(
        envelope.documentBytes(Field.ID), envelope.timestamp(Field.CLUSTER_TIME));
  }

  /** Returns the event's bytes, which must not be changed. Only for the source. */
  @SuppressWarnings("exports")
  public Envelope envelope() {
    return envelope;
  }

  private Optional<BsonDocument> document(Field field) {
    return ChangeDocument.of(envelope, field, codecs).bson();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof Change change && Arrays.equals(envelope.bytes, change.envelope.bytes));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(envelope.bytes);
  }

  /** Returns the operation, namespace, time and size, but no content of the application's. */
  @Override
  public String toString() {
    return "Change["
        + (rawOperationType.isEmpty() ? "no type" : LogText.brief(rawOperationType))
        + (namespace == null ? "" : " " + namespace)
        + clusterTime().map(time -> " at " + ClusterTime.text(time)).orElse("")
        + ", "
        + size()
        + " bytes]";
  }
}
