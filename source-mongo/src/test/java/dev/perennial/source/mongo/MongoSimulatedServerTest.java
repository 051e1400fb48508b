package dev.perennial.source.mongo;

import dev.perennial.simulators.mongo.ReplicaSetSimulatorBuilder;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import org.junit.jupiter.api.Nested;

/**
 * The cases of a real replica set, on the simulator, as MongoDB 7.0 and as 4.4: what one shows and
 * the other does not is a mistake of the simulator.
 */
class MongoSimulatedServerTest {

  /** The newest that the simulator knows well. */
  interface As70 extends MongoServers {
    @Override
    default MongoUnderTest mongo(Setup setup) {
      return SimulatedMongo.start(setup, MongoUnderTest.WIRE_7_0);
    }
  }

  /** The oldest that is promised to work. */
  interface As44 extends MongoServers {
    @Override
    default MongoUnderTest mongo(Setup setup) {
      return SimulatedMongo.start(setup, MongoUnderTest.WIRE_4_4);
    }
  }

  /** A later release of it. */
  interface AsLate44 extends MongoServers {
    @Override
    default MongoUnderTest mongo(Setup setup) {
      return SimulatedMongo.start(
          setup, MongoUnderTest.WIRE_4_4, ReplicaSetSimulatorBuilder::scanChecksStart);
    }
  }

  @Nested
  class Delivery70 extends DeliveryCases implements As70 {}

  @Nested
  class Delivery44 extends DeliveryCases implements As44 {}

  @Nested
  class Resume70 extends ResumeCases implements As70 {}

  @Nested
  class Resume44 extends ResumeCases implements As44 {}

  @Nested
  class History70 extends HistoryCases implements As70 {}

  @Nested
  class History44 extends HistoryCases implements As44 {}

  @Nested
  class HistoryLate44 extends HistoryCases implements AsLate44 {}

  @Nested
  class Invalidate70 extends InvalidateCases implements As70 {}

  @Nested
  class Invalidate44 extends InvalidateCases implements As44 {}

  @Nested
  class LargeEvent70 extends LargeEventCases implements As70 {}

  @Nested
  class LargeEvent44 extends LargeEventCases implements As44 {}

  @Nested
  class Close70 extends CloseCases implements As70 {}

  @Nested
  class Close44 extends CloseCases implements As44 {}

  @Nested
  class Cluster70 extends ClusterCases implements As70 {}

  @Nested
  class Cluster44 extends ClusterCases implements As44 {}

  @Nested
  class SeedBug70 extends SeedBugCases implements As70 {}

  @Nested
  class SeedBug44 extends SeedBugCases implements As44 {}
}
