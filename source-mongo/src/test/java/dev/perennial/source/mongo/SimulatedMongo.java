package dev.perennial.source.mongo;

import com.mongodb.MongoClientSettings;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.mongo.Write;
import java.time.Duration;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** A scripted replica set, of the version that a case asks for. */
final class SimulatedMongo extends MongoUnderTest {

  private final ReplicaSetSimulator simulator;

  /**
   * @param preferred the wire version where the case takes several
   */
  static SimulatedMongo start(Setup setup, int preferred) {
    int wireVersion = Math.min(setup.most(), preferred);
    setup.require(wireVersion);
    return new SimulatedMongo(
        ReplicaSetSimulator.builder()
            .wireVersion(wireVersion)
            .members(setup.members())
            .periodicNoop(Duration.ZERO)
            .start());
  }

  private SimulatedMongo(ReplicaSetSimulator simulator) {
    super(simulator.connectionString());
    this.simulator = simulator;
  }

  @Override
  void stepDown() {
    simulator.stepDown();
  }

  @Override
  void rollOplog() {
    simulator.noop();
    simulator.faults().truncateOplog(simulator.currentTime());
  }

  @Override
  BsonTimestamp beforeHistory() {
    rollOplog();
    return new BsonTimestamp(simulator.oldestTime().getTime() - 3_600, 1);
  }

  @Override
  void insertInTransaction(String database, String collection, List<BsonDocument> documents) {
    simulator.transaction(
        documents.stream()
            .<Write>map(document -> new Write.Insert(database + '.' + collection, document))
            .toList());
  }

  @Override
  void asStranger(MongoClientSettings.Builder settings, String database) {
    simulator.faults().forbidStreams(true);
  }

  @Override
  long openCursors(String database) {
    return simulator.openCursors();
  }

  @Override
  void giveCorruptEvent(String database, String collection) {
    simulator.rawEvent(
        database + '.' + collection,
        BsonDocument.parse("{operationType: 'insert', note: 'x'}"),
        bytes -> {
          // The type of the last element, which no BSON has.
          bytes[bytes.length - 1 - 2 - 4 - 5 - 1] = 0x66;
          return bytes;
        });
  }

  @Override
  public void close() throws Exception {
    new Closing().then(super::close).then(simulator).end();
  }
}
