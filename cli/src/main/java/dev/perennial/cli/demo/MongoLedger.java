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
 * What is in the oplog, read by MongoDB's own driver over the whole cluster, which no drop ends,
 * when all is over.
 */
final class MongoLedger {

  private MongoLedger() {}

  /**
   * The keys of a collection's events, in order.
   *
   * @param from the time of the first of them, or before it
   * @param to the time of the last
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
          MongoKeys.of(change).ifPresent(keys::add);
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
