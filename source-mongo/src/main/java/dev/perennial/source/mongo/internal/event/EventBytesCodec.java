package dev.perennial.source.mongo.internal.event;

import org.bson.BsonBinaryReader;
import org.bson.BsonReader;
import org.bson.BsonWriter;
import org.bson.RawBsonDocument;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.codecs.RawBsonDocumentCodec;
import org.bson.io.BsonInput;
import org.bson.io.BsonInputMark;

/**
 * Copies an event's bytes out of the driver's buffer, once and in their exact number; the driver's
 * own codec for raw documents copies them twice, into an array that is larger. For {@code
 * watch(…).withDocumentClass(EventBytes.class)} on something whose codec registry has this codec.
 */
public final class EventBytesCodec implements Codec<EventBytes> {

  private static final RawBsonDocumentCodec RAW = new RawBsonDocumentCodec();

  @Override
  public EventBytes decode(BsonReader reader, DecoderContext context) {
    if (reader instanceof BsonBinaryReader binary) {
      return new EventBytes(copy(binary.getBsonInput()));
    }
    return new EventBytes(BsonBytes.of(RAW.decode(reader, context)));
  }

  /**
   * Copies the document that the input stands at. Its length is right: the driver has cut the
   * document out of the server's answer by it.
   */
  private static byte[] copy(BsonInput input) {
    BsonInputMark beginning = input.getMark(Integer.BYTES);
    byte[] bytes = new byte[input.readInt32()];
    beginning.reset();
    input.readBytes(bytes);
    return bytes;
  }

  @Override
  public void encode(BsonWriter writer, EventBytes event, EncoderContext context) {
    RAW.encode(writer, new RawBsonDocument(event.bytes()), context);
  }

  @Override
  public Class<EventBytes> getEncoderClass() {
    return EventBytes.class;
  }
}
