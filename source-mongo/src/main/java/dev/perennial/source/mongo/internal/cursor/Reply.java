package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoNamespace;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.util.ArrayDeque;
import java.util.Deque;
import org.bson.BsonBinaryReader;
import org.bson.BsonDocument;
import org.bson.BsonReader;
import org.bson.BsonReaderMark;
import org.bson.BsonSerializationException;
import org.bson.BsonType;
import org.bson.BsonWriter;
import org.bson.codecs.BsonValueCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BsonInput;
import org.jspecify.annotations.Nullable;

/**
 * A server's reply about a cursor, to aggregate or getMore.
 *
 * @param cursor the cursor's id; 0 if the server has ended the cursor
 * @param namespace the namespace under which the server knows the cursor
 * @param events the bytes of each event of the batch that was not taken yet, undecoded
 * @param meanSize the mean size of the batch's events in bytes; 0 if it has none
 * @param token the point up to which the server has read; null if the reply has none
 * @param error the fields that say what failed, which a server can send even with {@code ok: 1};
 *     null if nothing did
 */
record Reply(
    long cursor,
    MongoNamespace namespace,
    Deque<byte[]> events,
    int meanSize,
    @Nullable ResumePosition token,
    @Nullable BsonDocument error) {

  /** Returns a reply that has only an error. */
  static Reply failed(BsonDocument error) {
    return new Reply(0, new MongoNamespace("admin", "$cmd"), new ArrayDeque<>(), 0, null, error);
  }

  /**
   * A codec that copies each event once, out of the driver's buffer into an array of exactly its
   * size. It does not look into the events, so their content cannot make it fail.
   */
  static final class Codec implements org.bson.codecs.Codec<Reply> {

    private static final BsonValueCodec VALUES = new BsonValueCodec();

    /** The largest message in bytes (maxMessageSizeBytes). */
    private static final int LONGEST_MESSAGE = 48_000_000;

    @Override
    public Reply decode(BsonReader reader, DecoderContext context) {
      BsonBinaryReader binary = (BsonBinaryReader) reader;
      Reply reply = null;
      BsonDocument error = new BsonDocument();
      binary.readStartDocument();
      while (binary.readBsonType() != BsonType.END_OF_DOCUMENT) {
        String name = binary.readName();
        switch (name) {
          case "cursor" -> reply = cursor(binary);
          case "code", "codeName", "errmsg", "errorLabels" ->
              error.append(name, VALUES.decode(binary, context));
          default -> binary.skipValue();
        }
      }
      binary.readEndDocument();
      boolean ok = !error.containsKey("code") && !error.containsKey("errmsg");
      return reply != null && ok ? reply : failed(error);
    }

    private static Reply cursor(BsonBinaryReader reader) {
      long id = 0;
      String namespace = "";
      Deque<byte[]> events = new ArrayDeque<>();
      int size = 0;
      ResumePosition token = null;
      reader.readStartDocument();
      while (reader.readBsonType() != BsonType.END_OF_DOCUMENT) {
        switch (reader.readName()) {
          case "id" -> id = reader.readInt64();
          case "ns" -> namespace = reader.readString();
          case "firstBatch", "nextBatch" -> size = events(reader, events);
          case "postBatchResumeToken" -> {
            BsonReaderMark value = reader.getMark();
            token = ResumePosition.ofToken(document(reader.getBsonInput()), null);
            skip(reader, value);
          }
          default -> reader.skipValue();
        }
      }
      reader.readEndDocument();
      if (namespace.indexOf('.') <= 0 || namespace.endsWith(".")) {
        throw new BsonSerializationException("a cursor has the namespace '" + namespace + "'");
      }
      int meanSize = events.isEmpty() ? 0 : size / events.size();
      return new Reply(id, new MongoNamespace(namespace), events, meanSize, token, null);
    }

    /** Reads the events of a batch, and returns the size of the whole batch in bytes. */
    private static int events(BsonBinaryReader reader, Deque<byte[]> events) {
      BsonReaderMark value = reader.getMark();
      BsonInput array = reader.getBsonInput();
      int start = array.getPosition();
      int size = array.readInt32();
      for (byte type = array.readByte(); type != 0; type = array.readByte()) {
        if (type != BsonType.DOCUMENT.getValue()) {
          throw new BsonSerializationException("a batch contains a value of type " + type);
        }
        array.skipCString(); // its index
        events.add(document(array));
      }
      if (array.getPosition() - start != size) {
        // An event of a wrong size would otherwise hide all events after it.
        throw new BsonSerializationException("the events of a batch do not have its size");
      }
      skip(reader, value);
      return size;
    }

    /** Copies the document at which the input stands. */
    private static byte[] document(BsonInput input) {
      int size = input.readInt32();
      if (size < Integer.BYTES + 1 || size > LONGEST_MESSAGE) {
        throw new BsonSerializationException("a document says that it has " + size + " bytes");
      }
      byte[] bytes = new byte[size];
      BsonBytes.putInt32(bytes, 0, size);
      input.readBytes(bytes, Integer.BYTES, size - Integer.BYTES);
      return bytes;
    }

    /** Moves the reader behind a value whose bytes were read from its input. */
    private static void skip(BsonBinaryReader reader, BsonReaderMark value) {
      value.reset();
      reader.skipValue();
    }

    @Override
    public void encode(BsonWriter writer, Reply reply, EncoderContext context) {
      throw new UnsupportedOperationException("only servers write replies");
    }

    @Override
    public Class<Reply> getEncoderClass() {
      return Reply.class;
    }
  }
}
