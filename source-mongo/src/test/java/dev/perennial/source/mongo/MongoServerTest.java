package dev.perennial.source.mongo;

import dev.perennial.source.mongo.MongoUnderTest.Setup;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The cases on the replica set that {@code MONGODB_URI} names: version 4.4 or newer, best with
 * {@code --oplogSize 64 --syncdelay 2 --setParameter enableTestCommands=1}. What it cannot show is
 * skipped with the reason.
 */
@EnabledIfEnvironmentVariable(named = "MONGODB_URI", matches = ".+")
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class MongoServerTest {

  @RegisterExtension static final SuiteReport REPORT = new SuiteReport("MongoServerTest");

  private static ServerRun run;

  @BeforeAll
  static void start() {
    run = ServerRun.start(System.getenv("MONGODB_URI"));
    REPORT.on(run);
  }

  @AfterAll
  static void end() throws Exception {
    if (run != null) {
      run.close();
    }
  }

  interface OnServer extends MongoServers {
    @Override
    default MongoUnderTest mongo(Setup setup) {
      return run.mongo(setup);
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

  /** Last: a set whose members are not equal elects again some time after a step-down. */
  @Nested
  @Order(Integer.MAX_VALUE)
  class Cluster extends ClusterCases implements OnServer {}

  @Nested
  class SeedBug extends SeedBugCases implements OnServer {}
}
