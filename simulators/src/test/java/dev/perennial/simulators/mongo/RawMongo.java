package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.wire.BsonBytes;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/** A client that sends commands as they are and shows answers as they came. */
final class RawMongo implements AutoCloseable {

  private static final int OP_MSG = 2013;

  private final Socket socket;
  private final DataInputStream in;
  private int id;

  RawMongo(ReplicaSetSimulator simulator) {
    this(simulator, 0);
  }

  RawMongo(ReplicaSetSimulator simulator, int member) {
    String address = simulator.address(member);
    int colon = address.indexOf(':');
    try {
      socket =
          new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(30_000);
      in = new DataInputStream(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a command, given as relaxed JSON. */
  BsonDocument run(String database, String json) {
    return run(database, BsonDocument.parse(json));
  }

  BsonDocument run(String database, BsonDocument command) {
    send(database, command);
    return receive();
  }

  void send(String database, BsonDocument command) {
    BsonDocument whole = command.clone();
    whole.put("$db", new BsonString(database));
    byte[] body = BsonBytes.encode(whole);
    ByteBuffer message = ByteBuffer.allocate(21 + body.length).order(ByteOrder.LITTLE_ENDIAN);
    message.putInt(21 + body.length).putInt(++id).putInt(0).putInt(OP_MSG).putInt(0);
    message.put((byte) 0).put(body);
    sendBytes(message.array());
  }

  void sendBytes(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  BsonDocument receive() {
    byte[] message = receiveBytes();
    int at = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(12) == OP_MSG ? 21 : 36;
    return BsonBytes.decode(message, at, message.length - at);
  }

  byte[] receiveBytes() {
    try {
      byte[] header = new byte[4];
      in.readFully(header);
      int length = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt();
      byte[] message = new byte[length];
      System.arraycopy(header, 0, message, 0, 4);
      in.readFully(message, 4, length - 4);
      return message;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens a change stream on a collection; the options and stages are JSON. */
  Stream watch(String namespace, String options, String... stages) {
    int dot = namespace.indexOf('.');
    String database = dot < 0 ? namespace : namespace.substring(0, dot);
    String target = dot < 0 ? "1" : "'" + namespace.substring(dot + 1) + "'";
    String more = stages.length == 0 ? "" : ", " + String.join(", ", stages);
    return new Stream(
        database,
        dot < 0 ? "$cmd.aggregate" : namespace.substring(dot + 1),
        run(
            database,
            "{aggregate: "
                + target
                + ", pipeline: [{$changeStream: "
                + options
                + "}"
                + more
                + "], cursor: {}}"));
  }

  /** The option that begins after a token. */
  static String startAfter(BsonDocument token) {
    return "{startAfter: " + token.toJson() + "}";
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A change stream and the newest of its answers. */
  final class Stream {

    private final String database;
    private final String collection;
    private BsonDocument reply;
    private long cursor;

    private Stream(String database, String collection, BsonDocument reply) {
      this.database = database;
      this.collection = collection;
      this.reply = reply;
      this.cursor = ok() ? id() : 0;
    }

    Stream more() {
      return more(1);
    }

    /** One getMore that waits that many milliseconds. */
    Stream more(long millis) {
      send(millis);
      return got();
    }

    Stream moreOf(int batchSize) {
      reply =
          run(
              database,
              "{getMore: {$numberLong: '"
                  + cursor
                  + "'}, collection: '"
                  + collection
                  + "', maxTimeMS: 1, batchSize: "
                  + batchSize
                  + "}");
      return this;
    }

    void send(long millis) {
      RawMongo.this.send(
          database,
          BsonDocument.parse(
              "{getMore: {$numberLong: '"
                  + cursor
                  + "'}, collection: '"
                  + collection
                  + "', maxTimeMS: "
                  + millis
                  + "}"));
    }

    Stream got() {
      reply = receive();
      return this;
    }

    BsonDocument reply() {
      return reply;
    }

    boolean ok() {
      return reply.getNumber("ok").intValue() == 1;
    }

    int code() {
      return ok() ? 0 : reply.getInt32("code").getValue();
    }

    List<String> labels() {
      List<String> labels = new ArrayList<>();
      reply
          .getArray("errorLabels", new BsonArray())
          .forEach(label -> labels.add(label.asString().getValue()));
      return labels;
    }

    long cursor() {
      return cursor;
    }

    long id() {
      return reply.getDocument("cursor").getInt64("id").getValue();
    }

    List<BsonDocument> events() {
      BsonDocument body = reply.getDocument("cursor");
      List<BsonDocument> events = new ArrayList<>();
      for (BsonValue event :
          body.getArray(body.containsKey("firstBatch") ? "firstBatch" : "nextBatch")) {
        events.add(event.asDocument());
      }
      return events;
    }

    List<String> types() {
      return events().stream().map(event -> event.getString("operationType").getValue()).toList();
    }

    BsonDocument event(int index) {
      return events().get(index);
    }

    BsonDocument token(int index) {
      return event(index).getDocument("_id");
    }

    boolean hasPostBatch() {
      return reply.getDocument("cursor").containsKey("postBatchResumeToken");
    }

    BsonDocument postBatch() {
      return reply.getDocument("cursor").getDocument("postBatchResumeToken");
    }

    String postBatchHex() {
      return postBatch().getString("_data").getValue();
    }
  }

  static String hex(BsonDocument token) {
    return token.getString("_data").getValue();
  }
}
