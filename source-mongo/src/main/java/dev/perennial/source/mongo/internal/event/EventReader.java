package dev.perennial.source.mongo.internal.event;

import com.mongodb.MongoClientSettings;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.Namespace;
import dev.perennial.source.mongo.OperationType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/**
 * A reader that turns bytes into events. It never throws: bytes that it cannot read become a
 * malformed event. It caches namespaces, so it belongs to one connection and one thread at a time.
 */
public final class EventReader {

  private static final OperationType[] TYPES = OperationType.values();

  /** The server's names of {@link #TYPES} as bytes, so that reading one creates no string. */
  private static final byte[][] WORDS =
      Arrays.stream(TYPES)
          .map(type -> type.value().getBytes(StandardCharsets.UTF_8))
          .toArray(byte[][]::new);

  private final CodecRegistry codecs;
  private final NamespaceReader namespaces = new NamespaceReader();

  /**
   * @param codecs the codecs that decode what the application reads
   */
  public EventReader(CodecRegistry codecs) {
    this.codecs = codecs;
  }

  public static EventReader plain() {
    return new EventReader(MongoClientSettings.getDefaultCodecRegistry());
  }

  /**
   * Reads an event.
   *
   * @param event the bytes of exactly the event, which the event owns from now on
   */
  public ChangeEvent read(byte[] event) {
    try {
      return change(Envelope.read(event));
    } catch (CorruptBsonException e) {
      return new MalformedChange(UnreadableEvent.read(event, e));
    }
  }

  private Change change(Envelope envelope) throws CorruptBsonException {
    if (!envelope.has(Field.ID)) {
      throw new CorruptBsonException("it has no resume token in a field _id");
    }
    // Checks the token completely, because a position made of it must not fail later.
    BsonBytes.check(envelope.bytes, envelope.start(Field.ID), envelope.documentEnd(Field.ID));
    OperationType type = OperationType.OTHER;
    String raw = "";
    if (envelope.has(Field.OPERATION_TYPE)) {
      int start = envelope.start(Field.OPERATION_TYPE);
      int size = BsonBytes.int32(envelope.bytes, start);
      OperationType known = operationType(envelope.bytes, start + 4, start + 4 + size - 1);
      if (known == null) {
        raw = String.valueOf(envelope.string(Field.OPERATION_TYPE));
      } else {
        type = known;
        raw = known.value();
      }
    }
    return new Change(
        envelope, type, raw, namespace(envelope, Field.NS), namespace(envelope, Field.TO), codecs);
  }

  private static @Nullable OperationType operationType(byte[] bytes, int from, int to) {
    int length = to - from;
    for (int i = 0; i < WORDS.length; i++) {
      byte[] word = WORDS[i];
      if (word.length == length && Arrays.equals(word, 0, length, bytes, from, to)) {
        return TYPES[i];
      }
    }
    return null;
  }

  private @Nullable Namespace namespace(Envelope envelope, Field field)
      throws CorruptBsonException {
    return envelope.has(field)
        ? namespaces.read(envelope.bytes, envelope.start(field), envelope.documentEnd(field))
        : null;
  }
}
