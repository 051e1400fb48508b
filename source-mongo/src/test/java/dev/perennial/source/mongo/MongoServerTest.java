package dev.perennial.source.mongo;

import dev.perennial.source.mongo.MongoUnderTest.Setup;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * The cases on the replica set that {@code MONGODB_URI} names: version 4.4 or newer, best with
 * {@code --oplogSize 64 --syncdelay 2 --setParameter enableTestCommands=1}. What it cannot show is
 * skipped with the reason.
 */
@EnabledIfEnvironmentVariable(named = "MONGODB_URI", matches = ".+")
class MongoServerTest {

  interface OnServer extends MongoServers {
    @Override
    default MongoUnderTest mongo(Setup setup) {
      return new RealMongo(System.getenv("MONGODB_URI"), setup);
    }
  }

  @Nested
  class Delivery extends DeliveryCases implements OnServer {}

  @Nested
  class Resume extends ResumeCases implements OnServer {}

  @Nested
  class History extends HistoryCases implements OnServer {}

  @Nested
  class Invalidate extends InvalidateCases implements OnServer {}

  @Nested
  class LargeEvent extends LargeEventCases implements OnServer {}

  @Nested
  class Close extends CloseCases implements OnServer {}

  @Nested
  class Cluster extends ClusterCases implements OnServer {}

  @Nested
  class SeedBug extends SeedBugCases implements OnServer {}
}
