package dev.perennial.cli.demo;

import dev.perennial.cli.console.Failure;
import dev.perennial.cli.console.Screen;
import dev.perennial.cli.demo.ConsumerMessage.Figures;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.bson.BsonTimestamp;

/**
 * Applications that are processes of their own consume a scripted replica set, one after the other,
 * with their checkpoint in a real Redis, while everything goes wrong. This program writes, brings
 * about what goes wrong, and compares in the end what was handled with what is in the oplog.
 */
final class MongoDemo {

  /**
   * @param events how many events there shall be, at least
   * @param seed what they, and the times of the faults, are made from
   */
  record Settings(int events, long seed) {}

  /** So slow that there is something to see. */
  private static final int WRITES_PER_SECOND = 1_500;

  private static final long NANOS_PER_WRITE = Duration.ofSeconds(1).toNanos() / WRITES_PER_SECOND;

  /** How long to wait for what must come, on a machine however busy. */
  private static final Duration GIVE_UP = Duration.ofSeconds(60);

  /** How many events come at once before the application is killed. */
  private static final int BURST = 500;

  private static final long GLANCE = Duration.ofMillis(5).toNanos();

  private final Settings settings;
  private final Class<?> application;
  private final Tally tally = new Tally();
  private final MongoTotals totals = new MongoTotals();
  private final Screen screen;
  private final DemoView view;
  private final DemoSchedule<MongoDemoFault> schedule;

  /**
   * @param application the main class of the application; it takes the addresses of the replica set
   *     and of Redis
   */
  MongoDemo(Settings settings, Class<?> application, Screen screen) {
    this.settings = settings;
    this.application = application;
    this.screen = screen;
    this.view = new DemoView(screen);
    this.schedule =
        new DemoSchedule<>(List.of(MongoDemoFault.values()), settings.events(), settings.seed());
  }

  DemoReport run() throws InterruptedException, Failure {
    long begin = System.nanoTime();
    try (RedisServer redis = RedisServer.start();
        ReplicaSetSimulator mongo =
            ReplicaSetSimulator.builder().members(3).seed(settings.seed()).start();
        Applications applications =
            new Applications(
                application, tally, totals, view, mongo.connectionString(), redis.uri())) {
      screen.line(
          String.format(
              Locale.ROOT,
              "A scripted replica set of 3 makes %,d events (seed %d); Redis %s has the checkpoint.",
              settings.events(),
              settings.seed(),
              redis.version()));
      BsonTimestamp first = mongo.currentTime();
      MongoWriter writer = new MongoWriter(mongo, settings.seed());
      applications.start();
      write(mongo, writer, applications);
      writer.insert();
      List<String> oplog =
          MongoLedger.read(mongo.connectionString(), MongoWriter.NAMESPACE, first, writer.last());
      // Events are handled in order, so that with the last one all are, or never will be.
      String last = oplog.get(oplog.size() - 1);
      await(() -> tally.keys().contains(last), applications);
      applications.stop();
      screen.endLive();
      return MongoDemoReport.of(oplog, tally, totals, Duration.ofNanos(System.nanoTime() - begin));
    }
  }

  private void write(ReplicaSetSimulator mongo, MongoWriter writer, Applications applications)
      throws InterruptedException, Failure {
    long due = System.nanoTime();
    while (writer.written() < settings.events()) {
      writer.write();
      Optional<MongoDemoFault> fault = schedule.due(writer.written());
      if (fault.isPresent()) {
        strike(fault.get(), mongo, writer, applications);
      }
      applications.check();
      show(applications);
      due += NANOS_PER_WRITE;
      LockSupport.parkNanos(due - System.nanoTime());
    }
  }

  private void strike(
      MongoDemoFault fault,
      ReplicaSetSimulator mongo,
      MongoWriter writer,
      Applications applications)
      throws InterruptedException, Failure {
    if (fault == MongoDemoFault.KILL) {
      applications.awaitStandby();
      burst(writer, applications);
    }
    view.announce(tally.count(), fault.announcement());
    switch (fault) {
      case RESTART -> applications.restart();
      case KILL -> applications.kill();
      default -> fault.strike(mongo, writer);
    }
  }

  /** Writes many events at once, and waits until the application is in the midst of them. */
  private void burst(MongoWriter writer, Applications applications) throws Failure {
    int midst = tally.count() + BURST / 2;
    for (int i = 0; i < BURST; i++) {
      writer.write();
    }
    await(() -> tally.count() >= midst, applications);
  }

  /** Waits, but not for ever: what does not come is lost, and counted as such. */
  private void await(BooleanSupplier condition, Applications applications) throws Failure {
    long begin = System.nanoTime();
    while (!condition.getAsBoolean() && System.nanoTime() - begin < GIVE_UP.toNanos()) {
      applications.check();
      show(applications);
      LockSupport.parkNanos(GLANCE);
    }
  }

  private void show(Applications applications) {
    if (view.wantsFigures()) {
      Figures now = applications.figures();
      view.show(
          tally.count(),
          now.unacked(),
          totals.reconnects() + now.reconnects(),
          applications.state());
    }
  }
}
