package dev.perennial.benchmarks.mongo;

import dev.perennial.benchmarks.measure.ChildProcess;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;

/**
 * The process of the scripted replica set. Inserts documents, and says where it is and at which
 * time it began. A line with a number of events, the most that a batch can have, makes it send as
 * many a second as a real server.
 */
final class MongoServerProcess {

  private MongoServerProcess() {}

  /**
   * Runs it, until its input ends.
   *
   * @param args the collection, how many orders to insert, and how many lines each has
   */
  public static void main(String[] args) throws IOException {
    PrintStream answers = ChildProcess.answers();
    try (ReplicaSetSimulator servers =
        ReplicaSetSimulator.builder().periodicNoop(Duration.ZERO).start()) {
      BsonTimestamp start = servers.noop();
      servers.insertAll(
          args[0], Order.documents(0, Integer.parseInt(args[1]), Integer.parseInt(args[2])));
      answers.println(servers.connectionString() + ' ' + start.getValue());
      BufferedReader input =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        BsonInt32 most = new BsonInt32(Integer.parseInt(line));
        servers
            .faults()
            .failAlways("getMore", FaultSpec.block(getMore -> pause(getMore.document(), most)));
        answers.println("ready");
      }
    }
    System.exit(0);
  }

  /** Returns how long a real server takes for a batch. */
  private static Duration pause(BsonDocument getMore, BsonInt32 most) {
    long events = Math.min(getMore.getNumber("batchSize", most).longValue(), most.getValue());
    return Duration.ofSeconds(events).dividedBy(MongoSize.PACED_EVENTS_PER_SECOND);
  }
}
