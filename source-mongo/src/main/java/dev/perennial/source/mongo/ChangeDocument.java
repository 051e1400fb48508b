package dev.perennial.source.mongo;

import dev.perennial.source.mongo.internal.event.ArrayInput;
import dev.perennial.source.mongo.internal.event.Envelope;
import dev.perennial.source.mongo.internal.event.Field;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonBinaryReader;
import org.bson.BsonDocument;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.Decoder;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/**
 * A document within a change, which is decoded when the application asks for it: absent, null or
 * present. The server sends null for a document that it does not have, for example because it was
 * deleted meanwhile.
 *
 * <p>Immutable and safe for use from any thread. Each call decodes again, so the result is the
 * caller's own.
 */
public final class ChangeDocument {

  private enum Presence {
    ABSENT,
    NULL,
    PRESENT
  }

  private static final String READ_BYTES = "Read ChangeDocument.bytes() instead.";
  private static final byte[] NOTHING = {};
  private static final BsonDocumentCodec BSON = new BsonDocumentCodec();

  private final Presence presence;
  private final byte[] event;
  private final int from;
  private final int to;
  private final Field field;
  private final CodecRegistry codecs;

  private ChangeDocument(
      Presence presence, byte[] event, int from, int to, Field field, CodecRegistry codecs) {
    this.presence = presence;
    this.event = event;
    this.from = from;
    this.to = to;
    this.field = field;
    this.codecs = codecs;
  }

  static ChangeDocument of(Envelope envelope, Field field, CodecRegistry codecs) {
    if (envelope.isAbsent(field)) {
      return absent(field, codecs);
    }
    if (envelope.isNull(field)) {
      return new ChangeDocument(Presence.NULL, NOTHING, 0, 0, field, codecs);
    }
    return new ChangeDocument(
        Presence.PRESENT,
        envelope.bytes,
        envelope.start(field),
        envelope.documentEnd(field),
        field,
        codecs);
  }

  static ChangeDocument absent(Field field, CodecRegistry codecs) {
    return new ChangeDocument(Presence.ABSENT, NOTHING, 0, 0, field, codecs);
  }

  /** Returns whether the event has no such field. */
  public boolean isAbsent() {
    return presence == Presence.ABSENT;
  }

  /** Returns whether the event has the field, and it is null. */
  public boolean isNull() {
    return presence == Presence.NULL;
  }

  /** Returns whether there is a document. */
  public boolean isPresent() {
    return presence == Presence.PRESENT;
  }

  /** Returns the document's size in bytes; 0 if there is none. */
  public int size() {
    return to - from;
  }

  /** Returns a copy of the document's bytes. */
  public Optional<byte[]> bytes() {
    return isPresent() ? Optional.of(Arrays.copyOfRange(event, from, to)) : Optional.empty();
  }

  /**
   * Returns a view of the document, undecoded. It copies nothing and refuses changes; do not change
   * its backing array either.
   */
  public Optional<RawBsonDocument> raw() {
    return isPresent()
        ? Optional.of(new RawBsonDocument(event, from, to - from))
        : Optional.empty();
  }

  /**
   * Returns the document as BSON values.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<BsonDocument> bson() {
    return isPresent()
        ? Optional.of(Payload.read(() -> what("a BsonDocument"), READ_BYTES, () -> decoded(BSON)))
        : Optional.empty();
  }

  /**
   * Returns the document as the driver's usual map, decoded with the source's codec registry.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<Document> document() {
    return as(Document.class);
  }

  /**
   * Returns the document as an object of the application, decoded with the source's codec registry.
   *
   * @throws ChangePayloadException if it is corrupt or does not fit the type, or if the registry
   *     has no codec for the type
   */
  public <T> Optional<T> as(Class<T> type) {
    if (!isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        Payload.read(
            () -> what(type.getSimpleName()),
            "Give a type or a codec registry that fits it, or read ChangeDocument.raw().",
            () -> decoded(codecs.get(type))));
  }

  /**
   * Returns the document as relaxed extended JSON.
   *
   * @throws ChangePayloadException if it is corrupt
   */
  public Optional<String> json() {
    return raw().map(document -> Payload.read(() -> what("JSON"), READ_BYTES, document::toJson));
  }

  private <T> T decoded(Decoder<T> decoder) {
    try (BsonBinaryReader reader = new BsonBinaryReader(new ArrayInput(event, from, to))) {
      return decoder.decode(reader, DecoderContext.builder().build());
    }
  }

  private String what(String as) {
    return "the " + field + " (" + size() + " bytes) as " + as;
  }

  /** Two documents are equal if both are absent, both are null, or both have the same bytes. */
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof ChangeDocument document
            && presence == document.presence
            && Arrays.equals(event, from, to, document.event, document.from, document.to));
  }

  @Override
  public int hashCode() {
    return ByteBuffer.wrap(event, from, size()).hashCode() * 31 + presence.hashCode();
  }

  /** Returns the size, never the content. */
  @Override
  public String toString() {
    return switch (presence) {
      case ABSENT -> "ChangeDocument[absent]";
      case NULL -> "ChangeDocument[null]";
      case PRESENT -> "ChangeDocument[" + size() + " bytes]";
    };
  }
}
