package dev.perennial.source.mongo;

import dev.perennial.source.mongo.MongoUnderTest.Setup;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.testcontainers.mongodb.MongoDBContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The cases on a replica set of one member in a container, for machines with Docker: {@code mvn
 * verify -Pcontainers}. {@code -Dmongo.image=mongo:4.4} chooses another version.
 */
@EnabledIfSystemProperty(named = "mongo.image", matches = ".+")
class MongoContainerTest {

  @RegisterExtension static final SuiteReport REPORT = new SuiteReport("MongoContainerTest");

  private static MongoDBContainer container;
  private static ServerRun run;

  @BeforeAll
  @Timeout(value = 1, unit = TimeUnit.HOURS) // It may have to load the image.
  static void start() {
    container =
        new MongoDBContainer(DockerImageName.parse(System.getProperty("mongo.image")))
            .withReplicaSet();
    // An oplog that a case can fill, and that holds the largest events; and the fail points. The
    // set's name is the container's own.
    container.withCommand(
        "--replSet",
        "docker-rs",
        "--oplogSize",
        "64",
        "--syncdelay",
        "2",
        "--setParameter",
        "enableTestCommands=1");
    container.start();
    // The member calls itself by a name that only the container's own network knows.
    run = ServerRun.start(container.getConnectionString() + "/?directConnection=true");
    REPORT.on(run);
  }

  @AfterAll
  static void stop() throws Exception {
    CloseSteps closing = new CloseSteps();
    if (run != null) {
      closing.then(run);
    }
    if (container != null) {
      closing.then(container::stop);
    }
    closing.end();
  }

  interface OnContainer extends MongoServers {
    @Override
    default MongoUnderTest mongo(Setup setup) {
      return run.mongo(setup);
    }
  }

  @Nested
  class Delivery extends DeliveryCases implements OnContainer {}

  @Nested
  class Resume extends ResumeCases implements OnContainer {}

  @Nested
  class History extends HistoryCases implements OnContainer {}

  @Nested
  class Invalidate extends InvalidateCases implements OnContainer {}

  @Nested
  class LargeEvent extends LargeEventCases implements OnContainer {}

  @Nested
  class Close extends CloseCases implements OnContainer {}

  @Nested
  class Cluster extends ClusterCases implements OnContainer {}

  @Nested
  class SeedBug extends SeedBugCases implements OnContainer {}
}
