package dev.perennial.benchmarks.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCursor;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;

/**
 * The process of the scripted replica set. Says where it is and what it holds, and then its
 * processor time for each line that it is given.
 */
final class ServerProcess {

  private ServerProcess() {}

  /**
   * Runs it, until its input ends.
   *
   * @param args how many events there are of each size, relative to its own number
   */
  public static void main(String[] args) throws IOException {
    double scale = Double.parseDouble(args[0]);
    try (ReplicaSetSimulator servers =
        ReplicaSetSimulator.builder().periodicNoop(Duration.ZERO).start()) {
      System.out.println(servers.connectionString());
      try (MongoClient client = MongoClients.create(servers.connectionString())) {
        for (Size size : Size.values()) {
          System.out.println(fill(servers, client, size, (int) (size.events * scale)).text());
        }
      }
      BufferedReader input =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
      while (input.readLine() != null) {
        System.out.println(new Meter.Reader().read().cpu());
      }
    }
  }

  private static Events fill(
      ReplicaSetSimulator servers, MongoClient client, Size size, int count) {
    BsonTimestamp start = servers.noop();
    servers.insertAll(size.namespace(), size.orders(count));
    try (MongoCursor<RawBsonDocument> cursor =
        client
            .getDatabase(size.database())
            .getCollection(size.collection())
            .watch()
            .startAtOperationTime(start)
            .withDocumentClass(RawBsonDocument.class)
            .cursor()) {
      return new Events(size, start, count, cursor.next().getByteLength());
    }
  }
}
