package dev.perennial.simulators.mongo.wire;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonSerializationException;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests from a socket: OP_MSG, and OP_QUERY, in which drivers send the first message of a
 * connection to an unknown server.
 *
 * @see <a href="https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/">the wire
 *     protocol</a>
 */
public final class MessageReader {

  static final int OP_REPLY = 1;
  static final int OP_QUERY = 2004;
  static final int OP_MSG = 2013;

  static final int CHECKSUM_PRESENT = 1;
  static final int MORE_TO_COME = 1 << 1;
  static final int EXHAUST_ALLOWED = 1 << 16;

  /** The server's maxMessageSizeBytes. */
  public static final int MAX_MESSAGE = 48_000_000;

  private static final int HEADER = 16;

  private final DataInputStream in;

  MessageReader(InputStream in) {
    this.in = new DataInputStream(new BufferedInputStream(in, 16 * 1024));
  }

  /** The next request; null when the client closed the connection between two. */
  @Nullable Request read() throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    byte[] header = new byte[HEADER];
    header[0] = (byte) first;
    in.readFully(header, 1, HEADER - 1);
    int length = int32(header, 0);
    if (length < HEADER || length > MAX_MESSAGE) {
      throw new IOException("A client sent a message of " + length + " bytes.");
    }
    byte[] body = new byte[length - HEADER];
    in.readFully(body);
    int id = int32(header, 4);
    int opCode = int32(header, 12);
    try {
      return switch (opCode) {
        case OP_MSG -> message(id, body);
        case OP_QUERY -> query(id, body);
        default -> throw new IOException("A client sent the operation " + opCode + ".");
      };
    } catch (IndexOutOfBoundsException | BsonSerializationException e) {
      throw new IOException("A client sent a message that is not well formed.", e);
    }
  }

  private static Request message(int id, byte[] body) throws IOException {
    int flags = int32(body, 0);
    int end = body.length - ((flags & CHECKSUM_PRESENT) != 0 ? 4 : 0);
    int at = 4;
    BsonDocument command = null;
    BsonDocument sequences = new BsonDocument();
    while (at < end) {
      int kind = body[at++];
      int size = int32(body, at);
      if (kind == 0) {
        command = BsonBytes.decode(body, at, size);
      } else if (kind == 1) {
        sequence(body, at, size, sequences);
      } else {
        throw new IOException("A client sent a section of kind " + kind + ".");
      }
      at += size;
    }
    if (command == null) {
      throw new EOFException("A client sent a message without a command.");
    }
    command.putAll(sequences);
    return new Request(
        id,
        command.getFirstKey(),
        command.containsKey("$db") ? command.getString("$db").getValue() : "admin",
        command,
        false,
        (flags & EXHAUST_ALLOWED) != 0,
        (flags & MORE_TO_COME) != 0);
  }

  private static void sequence(byte[] body, int start, int size, BsonDocument into) {
    int name = start + 4;
    int at = terminator(body, name);
    String key = new String(body, name, at - name, StandardCharsets.UTF_8);
    at++;
    BsonArray documents = new BsonArray();
    while (at < start + size) {
      int length = int32(body, at);
      documents.add(BsonBytes.decode(body, at, length));
      at += length;
    }
    into.put(key, documents);
  }

  private static Request query(int id, byte[] body) {
    int end = terminator(body, 4);
    String collection = new String(body, 4, end - 4, StandardCharsets.UTF_8);
    int at = end + 1 + 8;
    BsonDocument query = BsonBytes.decode(body, at, int32(body, at));
    BsonDocument command = query.containsKey("$query") ? query.getDocument("$query") : query;
    String database = collection.substring(0, Math.max(0, collection.indexOf('.')));
    return new Request(id, command.getFirstKey(), database, command, true, false, false);
  }

  private static int terminator(byte[] bytes, int from) {
    int at = from;
    while (bytes[at] != 0) {
      at++;
    }
    return at;
  }

  static int int32(byte[] bytes, int at) {
    return (bytes[at] & 0xff)
        | (bytes[at + 1] & 0xff) << 8
        | (bytes[at + 2] & 0xff) << 16
        | (bytes[at + 3] & 0xff) << 24;
  }
}
