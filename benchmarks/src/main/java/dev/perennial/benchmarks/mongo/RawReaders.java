package dev.perennial.benchmarks.mongo;

import java.nio.ByteBuffer;
import org.bson.BsonBinaryReader;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonType;
import org.bson.ByteBufNIO;
import org.bson.RawBsonDocument;
import org.bson.io.ByteBufferBsonInput;

/** Two ways to read a raw event by hand. */
final class RawReaders {

  private static final String INSERT = "insert";

  private RawReaders() {}

  /** The short way: each {@code get} looks for its field from the event's beginning. */
  static DriverLoop.Reader<RawBsonDocument> gets(Reading reading) {
    return (event, tally) -> {
      tally.event(
          event.getString("operationType").getValue().equals(INSERT),
          event.getDocument("ns").getString("coll").getValue(),
          event.getDocument("documentKey").getInt32("_id").getValue(),
          event.getTimestamp("clusterTime").getValue());
      if (reading == Reading.ONE_FIELD) {
        tally.total(event.getDocument("fullDocument").getInt32("total").getValue());
      }
      return event.getDocument("_id");
    };
  }

  /** The long way: one pass with the driver's own reader, which skips what is not wanted. */
  static DriverLoop.Reader<RawBsonDocument> pass(Reading reading) {
    return (event, tally) -> {
      Pass pass = new Pass(reading);
      ByteBuffer bytes =
          ByteBuffer.wrap(event.getBackingArray(), event.getByteOffset(), event.getByteLength());
      try (BsonBinaryReader reader =
          new BsonBinaryReader(new ByteBufferBsonInput(new ByteBufNIO(bytes.slice())))) {
        pass.read(reader);
      }
      tally.event(pass.insert, pass.collection, pass.id, pass.clusterTime);
      if (reading == Reading.ONE_FIELD) {
        tally.total(pass.total);
      }
      return pass.token;
    };
  }

  /** What one pass finds. */
  private static final class Pass {

    private final Reading reading;
    private BsonDocument token = new BsonDocument();
    private boolean insert;
    private long clusterTime;
    private String collection = "";
    private int id;
    private int total;

    Pass(Reading reading) {
      this.reading = reading;
    }

    void read(BsonBinaryReader reader) {
      reader.readStartDocument();
      while (reader.readBsonType() != BsonType.END_OF_DOCUMENT) {
        switch (reader.readName()) {
          case "_id" -> token(reader);
          case "operationType" -> insert = reader.readString().equals(INSERT);
          case "clusterTime" -> clusterTime = reader.readTimestamp().getValue();
          case "ns" -> namespace(reader);
          case "documentKey" -> id = int32(reader, "_id");
          case "fullDocument" -> {
            if (reading == Reading.ONE_FIELD) {
              total = int32(reader, "total");
            } else {
              reader.skipValue();
            }
          }
          default -> reader.skipValue();
        }
      }
      reader.readEndDocument();
    }

    private void token(BsonBinaryReader reader) {
      reader.readStartDocument();
      token = new BsonDocument("_data", new BsonString(reader.readString("_data")));
      reader.readEndDocument();
    }

    private void namespace(BsonBinaryReader reader) {
      reader.readStartDocument();
      while (reader.readBsonType() != BsonType.END_OF_DOCUMENT) {
        if (reader.readName().equals("coll")) {
          collection = reader.readString();
        } else {
          reader.skipValue();
        }
      }
      reader.readEndDocument();
    }

    private static int int32(BsonBinaryReader reader, String field) {
      int found = 0;
      reader.readStartDocument();
      while (reader.readBsonType() != BsonType.END_OF_DOCUMENT) {
        if (reader.readName().equals(field)) {
          found = reader.readInt32();
        } else {
          reader.skipValue();
        }
      }
      reader.readEndDocument();
      return found;
    }
  }
}
