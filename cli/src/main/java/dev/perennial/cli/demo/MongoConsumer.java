package dev.perennial.cli.demo;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamStats;
import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Terminal;
import dev.perennial.deadletter.file.DeadLetterFile;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * The consumer of the MongoDB demo, a process of its own so that it can be killed. It writes {@link
 * ConsumerMessage}s to stdout. It closes its stream when it reads a byte on stdin, and ends when
 * stdin is closed, which happens when the demo itself ends.
 */
final class MongoConsumer implements MongoListener {

  /** Shorter than the default of 15 s, so that the standby takes over soon. */
  static final Duration CLAIM_EXPIRY = Duration.ofSeconds(3);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);
  private static final String STREAM_ID = "orders";
  private static final Duration STATS_INTERVAL = Duration.ofMillis(200);

  private final Predicate<ChangeEvent> handler;
  private final UnreliableService service;
  private final Path deadLetters;
  private final PrintWriter out = Terminal.writer();
  private final AtomicLong invalidates = new AtomicLong();

  /**
   * @param handler handles an event, and returns whether to report it as handled
   * @param service what the handler calls
   * @param deadLetters the directory of the dead letters
   */
  MongoConsumer(Predicate<ChangeEvent> handler, UnreliableService service, Path deadLetters) {
    this.handler = handler;
    this.service = service;
    this.deadLetters = deadLetters;
  }

  public static void main(String[] args) throws InterruptedException, IOException {
    System.exit(run(event -> true, args));
  }

  /**
   * Handles events until it is asked to stop, and returns the exit status.
   *
   * @param args the connection string of the replica set, the URI of Redis, the seed, and the
   *     directory of the dead letters
   */
  static int run(Predicate<ChangeEvent> handler, String... args)
      throws InterruptedException, IOException {
    UnreliableService service = new UnreliableService(Long.parseLong(args[2]));
    return new MongoConsumer(handler, service, Path.of(args[3])).run(args[0], args[1]);
  }

  private int run(String mongo, String redis) throws InterruptedException, IOException {
    MongoSource source =
        MongoSource.builder(mongo).watch(Scope.parse(MongoWriter.NAMESPACE)).listener(this).build();
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try (RedisCheckpointStore checkpoints =
            RedisCheckpointStore.builder(RedisURI.create(redis)).claimExpiry(CLAIM_EXPIRY).build();
        DeadLetterFile<ChangeEvent> letters = DeadLetterFile.in(deadLetters, MongoConsumer::text);
        EventStream<ChangeEvent> stream =
            EventStream.from(source, Checkpoints.in(checkpoints, STREAM_ID))
                // Short delays, so that the demo is short.
                .backoff(BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)))
                .listener(
                    new DemoStreamListener(text -> remark(false, text), text -> remark(true, text)))
                .listener(messageListener())
                .open()) {
      stopOnInput(stream);
      awaitRedis(checkpoints.admin().orElseThrow());
      timer.scheduleAtFixedRate(
          () -> sendStats(stream),
          STATS_INTERVAL.toMillis(),
          STATS_INTERVAL.toMillis(),
          TimeUnit.MILLISECONDS);
      stream.consume(
          this::handle,
          Handling.<ChangeEvent>inOrder()
              .retry(UnreliableService.RETRY, UnreliableService.ATTEMPTS)
              .thenDeadLetter(letters));
      return 0;
    } catch (StreamClosedException e) {
      return 0;
    } catch (StreamFailedException e) {
      remark(false, String.valueOf(e.getMessage()));
      return ExitStatus.FAILED;
    } finally {
      timer.shutdownNow();
    }
  }

  /**
   * Connects to Redis, as often as needed. The first connection of a cold JVM on a busy machine can
   * take longer than a command may, and a stream fails if its first claim does.
   */
  private static void awaitRedis(CheckpointAdmin checkpoints) {
    long begin = System.nanoTime();
    while (true) {
      try {
        checkpoints.load(STREAM_ID);
        return;
      } catch (CheckpointException e) {
        if (System.nanoTime() - begin > CONNECT_TIMEOUT.toNanos()) {
          return; // The claim reports the error.
        }
      }
    }
  }

  private void handle(Delivery<ChangeEvent> delivery) throws IOException {
    ChangeEvent event = delivery.event();
    if (event instanceof Change change) {
      // Throws for an order whose total is no number.
      change.fullDocument().bson().ifPresent(order -> order.getInt32("total"));
      // Without the time, because the seed decides what fails.
      String name = change.rawOperationType() + change.documentId();
      service.call(name, delivery.attempt());
    }
    if (handler.test(event)) {
      MongoEventKeys.of(event).map(ConsumerMessage.EventHandled::new).ifPresent(this::send);
    }
  }

  /** Encodes an event for a dead letter. */
  private static String text(ChangeEvent event) {
    return event instanceof Change change ? change.toJson() : event.toString();
  }

  private StreamListener messageListener() {
    return new StreamListener() {
      @Override
      public void onHandlerFailed(HandlerFailed failed) {
        send(new ConsumerMessage.HandlerFailed(failed.attempt()));
      }

      @Override
      public void onTransition(Transition transition) {
        send(new ConsumerMessage.StateChanged(transition.to()));
      }
    };
  }

  @Override
  public void onInvalidate(Invalidated invalidated) {
    invalidates.incrementAndGet();
    remark(true, "the stream reopened after the drop");
  }

  private void sendStats(EventStream<ChangeEvent> stream) {
    StreamStats now = stream.stats();
    send(new ConsumerMessage.Stats(now.unacked(), now.reconnects(), invalidates.get()));
  }

  private void remark(boolean recovery, String text) {
    send(new ConsumerMessage.Remark(recovery, LogText.line(text)));
  }

  private void send(ConsumerMessage message) {
    out.println(message.line());
  }

  private void stopOnInput(EventStream<ChangeEvent> stream) {
    Thread reader =
        new Thread(
            () -> {
              try {
                if (System.in.read() < 0) {
                  Runtime.getRuntime().halt(ExitStatus.FAILED);
                }
              } catch (IOException e) {
                Runtime.getRuntime().halt(ExitStatus.FAILED);
              }
              sendStats(stream);
              stream.close();
            },
            "stop");
    reader.setDaemon(true);
    reader.start();
  }
}
