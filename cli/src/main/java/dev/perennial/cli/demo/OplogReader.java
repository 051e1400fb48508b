package dev.perennial.cli.demo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCursor;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.Namespace;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonTimestamp;
import org.bson.ByteBuf;
import org.bson.RawBsonDocument;

/**
 * Reads the events in the oplog with MongoDB's driver, after the demo has written the last one. It
 * watches the whole cluster, because a drop does not end such a change stream.
 */
final class OplogReader {

  private OplogReader() {}

  /**
   * Returns the keys of a collection's events, in order.
   *
   * @param from a time not later than that of the first event
   * @param to the time of the last event
   */
  static List<String> read(
      String connectionString, String namespace, BsonTimestamp from, BsonTimestamp to) {
    List<String> keys = new ArrayList<>();
    try (MongoClient client = MongoClients.create(connectionString);
        MongoCursor<RawBsonDocument> cursor =
            client
                .watch()
                .startAtOperationTime(from)
                .withDocumentClass(RawBsonDocument.class)
                .cursor()) {
      while (true) {
        Change change = (Change) ChangeEvent.parse(bytes(cursor.next()));
        if (change.namespace().map(Namespace::fullName).orElse("").equals(namespace)) {
          MongoEventKeys.of(change).ifPresent(keys::add);
        }
        if (change.clusterTime().orElseThrow().equals(to)) {
          return keys;
        }
      }
    }
  }

  private static byte[] bytes(RawBsonDocument document) {
    ByteBuf buffer = document.getByteBuffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
