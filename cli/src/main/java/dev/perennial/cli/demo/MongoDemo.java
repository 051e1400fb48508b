package dev.perennial.cli.demo;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.Screen;
import dev.perennial.cli.demo.ConsumerMessage.Stats;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.redis.RedisServer;
import dev.perennial.source.mongo.ChangeEvent;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.bson.BsonTimestamp;

/**
 * ConsumerProcesses that are processes of their own consume a scripted replica set, one after the
 * other, with their checkpoint in a real Redis, while everything goes wrong. This program writes,
 * brings about what goes wrong, and compares in the end what was handled with what is in the oplog.
 */
final class MongoDemo {

  /**
   * @param events the least number of events
   * @param seed determines the events, when each fault comes, and when the handler fails
   */
  record Settings(int events, long seed) {}

  /** Slow enough to watch. */
  private static final int WRITES_PER_SECOND = 1_500;

  private static final long NANOS_PER_WRITE = Duration.ofSeconds(1).toNanos() / WRITES_PER_SECOND;

  /** How long to wait for events to be handled. Long, because machines may be busy. */
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** The number of events written at once before the active process is killed. */
  private static final int BURST_SIZE = 500;

  private static final long POLL_INTERVAL_NANOS = Duration.ofMillis(5).toNanos();

  private final Settings settings;
  private final Class<?> consumer;
  private final DemoDeadLetters deadLetters;
  private final HandledEvents handledEvents = new HandledEvents();
  private final MongoTotals totals = new MongoTotals();
  private final Screen screen;
  private final DemoView view;
  private final DemoSchedule<MongoDemoFault> schedule;

  /**
   * @param consumer the main class of the consumer process; its arguments are the connection string
   *     of the replica set, the URI of Redis, the seed, and the directory of its dead letters
   */
  MongoDemo(Settings settings, Class<?> consumer, DemoDeadLetters deadLetters, Screen screen) {
    this.settings = settings;
    this.consumer = consumer;
    this.deadLetters = deadLetters;
    this.screen = screen;
    this.view = new DemoView(screen);
    this.schedule =
        new DemoSchedule<>(List.of(MongoDemoFault.values()), settings.events(), settings.seed());
  }

  DemoReport run() throws InterruptedException, CommandFailedException {
    long begin = System.nanoTime();
    try (RedisServer redis = RedisServer.start();
        ReplicaSetSimulator mongo =
            ReplicaSetSimulator.builder().members(3).seed(settings.seed()).start();
        ConsumerProcesses consumers =
            new ConsumerProcesses(
                consumer,
                handledEvents,
                totals,
                view,
                deadLetters.directory(),
                mongo.connectionString(),
                redis.uri(),
                Long.toString(settings.seed()))) {
      screen.line(
          String.format(
              Locale.ROOT,
              "A simulated replica set of 3 members creates %,d events (seed %d); the checkpoint is in Redis %s.",
              settings.events(),
              settings.seed(),
              redis.version()));
      BsonTimestamp first = mongo.currentTime();
      MongoWriter writer = new MongoWriter(mongo, settings.seed());
      consumers.start();
      write(mongo, writer, consumers);
      writer.insert();
      List<String> oplog =
          OplogReader.read(mongo.connectionString(), MongoWriter.NAMESPACE, first, writer.last());
      // Events are handled in order: once the last one is, any other that is neither handled nor a
      // dead letter is lost.
      String last = oplog.get(oplog.size() - 1);
      await(() -> handledEvents.keys().contains(last), consumers);
      consumers.stop();
      screen.clearStatus();
      List<String> dead = deadLetters.read(text -> MongoEventKeys.of(ChangeEvent.parse(text)));
      return MongoDemoReport.of(
          oplog,
          new DemoOutcome(handledEvents, dead, totals.handlerFailures()),
          totals,
          Duration.ofNanos(System.nanoTime() - begin));
    }
  }

  private void write(ReplicaSetSimulator mongo, MongoWriter writer, ConsumerProcesses consumers)
      throws InterruptedException, CommandFailedException {
    long due = System.nanoTime();
    while (writer.written() < settings.events()) {
      writer.write();
      Optional<MongoDemoFault> fault = schedule.due(writer.written());
      if (fault.isPresent()) {
        inject(fault.get(), mongo, writer, consumers);
      }
      consumers.check();
      show(consumers);
      due += NANOS_PER_WRITE;
      LockSupport.parkNanos(due - System.nanoTime());
    }
  }

  private void inject(
      MongoDemoFault fault,
      ReplicaSetSimulator mongo,
      MongoWriter writer,
      ConsumerProcesses consumers)
      throws InterruptedException, CommandFailedException {
    if (fault == MongoDemoFault.KILL) {
      consumers.awaitStandby();
      writeBurst(writer, consumers);
    }
    view.showFault(handledEvents.count(), fault.announcement());
    switch (fault) {
      case RESTART -> consumers.restart();
      case KILL -> consumers.kill();
      default -> fault.inject(mongo, writer);
    }
  }

  /** Writes many events at once, and waits until half of them are handled. */
  private void writeBurst(MongoWriter writer, ConsumerProcesses consumers)
      throws CommandFailedException {
    int half = handledEvents.count() + BURST_SIZE / 2;
    for (int i = 0; i < BURST_SIZE; i++) {
      writer.write();
    }
    await(() -> handledEvents.count() >= half, consumers);
  }

  /** Waits for a condition until the timeout. An event that does not come counts as lost. */
  private void await(BooleanSupplier condition, ConsumerProcesses consumers)
      throws CommandFailedException {
    long begin = System.nanoTime();
    while (!condition.getAsBoolean() && System.nanoTime() - begin < TIMEOUT.toNanos()) {
      consumers.check();
      show(consumers);
      LockSupport.parkNanos(POLL_INTERVAL_NANOS);
    }
  }

  private void show(ConsumerProcesses consumers) {
    if (view.isStatusDue()) {
      Stats now = consumers.stats();
      view.showStatus(
          handledEvents.count(),
          now.unacked(),
          totals.reconnects() + now.reconnects(),
          consumers.state());
    }
  }
}
