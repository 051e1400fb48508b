package dev.perennial.simulators.mongo;

import java.time.Duration;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/** Helpers to start a simulator and write to it. */
final class MongoFixture {

  static final String ORDERS = "shop.orders";
  static final String OTHER = "shop.other";

  private MongoFixture() {}

  /** One member of a version, that writes no entries of its own accord. */
  static ReplicaSetSimulator version(int wireVersion) {
    return ReplicaSetSimulator.builder()
        .wireVersion(wireVersion)
        .periodicNoop(Duration.ZERO)
        .start();
  }

  static BsonTimestamp insert(ReplicaSetSimulator simulator, String namespace, int id) {
    return simulator.insert(namespace, doc(id));
  }

  static BsonDocument doc(int id) {
    return new BsonDocument("_id", new BsonInt32(id));
  }

  static BsonValue id(int id) {
    return new BsonInt32(id);
  }

  /** The option that begins at a time. */
  static String at(BsonTimestamp time) {
    return "{startAtOperationTime: "
        + new BsonDocument("t", time)
            .toJson()
            .replaceFirst("^\\{\"t\": ", "")
            .replaceFirst("}$", "")
        + "}";
  }

  static BsonTimestamp plusOne(BsonTimestamp time) {
    return new BsonTimestamp(time.getValue() + 1);
  }
}
