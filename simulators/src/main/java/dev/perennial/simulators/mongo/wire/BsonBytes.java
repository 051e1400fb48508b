package dev.perennial.simulators.mongo.wire;

import java.nio.ByteBuffer;
import org.bson.BsonBinaryReader;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;

/** Documents to bytes and back. */
public final class BsonBytes {

  private static final BsonDocumentCodec CODEC = new BsonDocumentCodec();

  private BsonBytes() {}

  public static byte[] encode(BsonDocument document) {
    if (document instanceof RawBsonDocument raw) {
      ByteBuffer source = raw.getByteBuffer().asNIO();
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      return bytes;
    }
    BasicOutputBuffer buffer = new BasicOutputBuffer(1024);
    try (BsonBinaryWriter writer = new BsonBinaryWriter(buffer)) {
      CODEC.encode(writer, document, EncoderContext.builder().build());
    }
    return buffer.toByteArray();
  }

  public static int size(BsonDocument document) {
    return encode(document).length;
  }

  public static BsonDocument decode(byte[] bytes, int offset, int length) {
    try (BsonBinaryReader reader =
        new BsonBinaryReader(ByteBuffer.wrap(bytes, offset, length).slice())) {
      return CODEC.decode(reader, DecoderContext.builder().build());
    }
  }

  public static BsonDocument decode(byte[] bytes) {
    return decode(bytes, 0, bytes.length);
  }

  /** A deep copy, decoded in full. */
  public static BsonDocument copy(BsonDocument document) {
    return decode(encode(document));
  }
}
