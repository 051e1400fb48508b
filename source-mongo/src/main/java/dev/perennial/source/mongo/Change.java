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
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/**
 * One change event as the server sent it. Every field but the resume token is optional, as a
 * pipeline may have removed it; a field that is null counts as absent, except of {@link
 * #fullDocument()} and {@link #fullDocumentBeforeChange()}, which tell the two apart. A field that
 * a pipeline gave another type than the server does counts as absent too; {@link #raw()} has it.
 *
 * <p>Immutable and safe for use from any thread. Documents are decoded when asked for, anew at each
 * call. One that is corrupt inside, which the check at receipt does not see, makes its accessor
 * throw {@link ChangePayloadException}.
 *
 * <p>Two changes are equal if their bytes are.
 */
public final class Change implements ChangeEvent {

  private final Envelope envelope;
  private final OperationType operationType;
  private final String rawOperationType;
  private final @Nullable Namespace namespace;
  private final @Nullable Namespace to;
  private final CodecRegistry codecs;

  /** Only for the source: applications do not see what this takes. */
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

  /** What happened; {@link OperationType#OTHER} if this version does not know the word. */
  public OperationType operationType() {
    return operationType;
  }

  /** What happened in the server's word; empty if there is none. */
  public String rawOperationType() {
    return rawOperationType;
  }

  /** Whether a document changed: insert, update, replace or delete. */
  public boolean isData() {
    return operationType.isData();
  }

  /** Whether a collection, its indexes or a database changed. */
  public boolean isDefinition() {
    return operationType.isDefinition();
  }

  /** What it happened to. */
  public Optional<Namespace> namespace() {
    return Optional.ofNullable(namespace);
  }

  /** Of a rename, the new name. */
  public Optional<Namespace> to() {
    return Optional.ofNullable(to);
  }

  /**
   * What the namespace is, {@code collection} or {@code view} for example; server 8.1 and newer.
   */
  public Optional<String> namespaceType() {
    return Optional.ofNullable(envelope.string(Field.NS_TYPE));
  }

  /**
   * The {@code _id} of the document that changed, and its shard key if it has one.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<BsonDocument> documentKey() {
    return document(Field.DOCUMENT_KEY);
  }

  /**
   * The {@code _id} of the document that changed.
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
   * The document, as the source's full-document mode says: of an insert or replace always the new
   * one; of an update absent, or what it was after the update or later, null if it is not there.
   */
  public ChangeDocument fullDocument() {
    return ChangeDocument.of(envelope, Field.FULL_DOCUMENT, codecs);
  }

  /** The document before the change, as the source's mode for it says. */
  public ChangeDocument fullDocumentBeforeChange() {
    return ChangeDocument.of(envelope, Field.FULL_DOCUMENT_BEFORE_CHANGE, codecs);
  }

  /**
   * The document after this change, if it is known: {@link #fullDocument()} of an insert, replace
   * or update, absent for everything else. With the mode {@code updateLookup} it may be of a later
   * change already.
   */
  public ChangeDocument documentAfter() {
    return switch (operationType) {
      case INSERT, REPLACE, UPDATE -> fullDocument();
      default -> ChangeDocument.absent(Field.FULL_DOCUMENT, codecs);
    };
  }

  /**
   * What an update changed.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<UpdateDescription> updateDescription() {
    return document(Field.UPDATE_DESCRIPTION)
        .map(document ->
            Payload.read(
                () -> "the updateDescription of " + this + " is not as the server documents it",
                () -> NestedDocuments.updateDescription(document)));
  }

  /** When it happened in the cluster's time. Both halves are unsigned. */
  public Optional<BsonTimestamp> clusterTime() {
    return Optional.ofNullable(envelope.timestamp(Field.CLUSTER_TIME));
  }

  /** When it happened by the server's clock, to the millisecond; server 6.0 and newer. */
  public Optional<Instant> wallTime() {
    return Optional.ofNullable(envelope.instant(Field.WALL_TIME));
  }

  /** The number of the transaction within its session, if it happened in one. */
  public Optional<Long> txnNumber() {
    return Optional.ofNullable(envelope.int64(Field.TXN_NUMBER));
  }

  /**
   * The session of the transaction, if it happened in one.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<BsonDocument> lsid() {
    return document(Field.LSID);
  }

  /** The id of the collection; server 6.0 and newer, with expanded events. */
  public Optional<UUID> collectionUuid() {
    return Optional.ofNullable(envelope.uuid(Field.COLLECTION_UUID));
  }

  /**
   * What a definition changed in detail; with expanded events.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<BsonDocument> operationDescription() {
    return document(Field.OPERATION_DESCRIPTION);
  }

  /**
   * Which part of a split event this is. Only where the application's own pipeline splits: what the
   * source had split, it puts together again.
   */
  public Optional<SplitEvent> splitEvent() {
    return document(Field.SPLIT_EVENT)
        .map(document ->
            Payload.read(
                () -> "the splitEvent of " + this + " is not as the server documents it",
                () -> NestedDocuments.splitEvent(document)));
  }

  /** The event's resume token: its {@code _id}. */
  public BsonDocument resumeToken() {
    return new RawBsonDocument(envelope.documentBytes(Field.ID));
  }

  /**
   * The whole event, undecoded, over its own bytes: it costs nothing and refuses changes, and its
   * backing array must not be changed either. Of an event that came split, the fragments together.
   */
  public RawBsonDocument raw() {
    return new RawBsonDocument(envelope.bytes);
  }

  /** A copy of the whole event's bytes. */
  public byte[] rawBytes() {
    return envelope.bytes.clone();
  }

  /** The size of the whole event in bytes. */
  public int size() {
    return envelope.bytes.length;
  }

  /**
   * The whole event as relaxed extended JSON.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public String toJson() {
    return Payload.read(() -> this + " cannot be read as JSON", raw()::toJson);
  }

  /** Where the event is. Each call makes a new one, which keeps nothing of the event. */
  public ResumePosition position() {
    return ResumePosition.ofToken(
        envelope.documentBytes(Field.ID), envelope.timestamp(Field.CLUSTER_TIME));
  }

  /** The event's bytes, which must not be changed. */
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

  /** What happened, to what, when and how large; not the content, which is the application's. */
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
