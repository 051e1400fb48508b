package dev.perennial.source.mongo;

import com.mongodb.MongoClientSettings;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.mongo.ReplicaSetSimulatorBuilder;
import dev.perennial.simulators.mongo.Write;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** A scripted replica set, of the version that a case asks for. */
final class SimulatedMongo extends MongoUnderTest {

  private final ReplicaSetSimulator simulator;

  /**
   * @param preferred the wire version where the case takes several
   */
  static SimulatedMongo start(Setup setup, int preferred) {
    return start(setup, preferred, UnaryOperator.identity());
  }

  /**
   * @param special what else this release is like
   */
  static SimulatedMongo start(
      Setup setup, int preferred, UnaryOperator<ReplicaSetSimulatorBuilder> special) {
    int wireVersion = Math.min(setup.most(), preferred);
    setup.require(wireVersion);
    ReplicaSetSimulatorBuilder builder =
        ReplicaSetSimulator.builder()
            .wireVersion(wireVersion)
            .members(setup.members())
            .periodicNoop(Duration.ZERO);
    return new SimulatedMongo(special.apply(builder).start());
  }

  private SimulatedMongo(ReplicaSetSimulator simulator) {
    super(simulator.connectionString());
    this.simulator = simulator;
  }

  @Override
  void rollOplog(Runnable readers) {
    simulator.noop();
    // Here it is gone at once, even for those who were not far behind.
    readers.run();
    simulator.faults().truncateOplog(simulator.currentTime());
  }

  @Override
  BsonTimestamp beforeHistory() throws Exception {
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
    new CloseSteps().then(super::close).then(simulator).end();
  }
}
