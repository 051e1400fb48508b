package dev.perennial.cli.demo;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamException;
import dev.perennial.StreamListener;
import dev.perennial.StreamStats;
import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Terminal;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.LogText;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * The application of the demo on a scripted replica set: a program of its own, so that it can be
 * killed. It tells what it does on stdout, as {@link ConsumerMessage}s, closes its stream when a
 * line comes on stdin, and ends when that is closed, as it is when the demo dies.
 */
final class MongoConsumer implements MongoListener {

  /** Shorter than the 15 s that a claim lives otherwise, so that the demo is short. */
  static final Duration CLAIM_EXPIRY = Duration.ofSeconds(3);

  private static final String STREAM_ID = "orders";
  private static final Duration FIGURES_EVERY = Duration.ofMillis(200);

  private final Predicate<ChangeEvent> handler;
  private final PrintWriter out = Terminal.writer();
  private final AtomicLong resumes = new AtomicLong();
  private final AtomicLong invalidates = new AtomicLong();

  /**
   * @param handler handles an event, and says whether it did
   */
  MongoConsumer(Predicate<ChangeEvent> handler) {
    this.handler = handler;
  }

  /** Takes the addresses of the replica set and of Redis. */
  public static void main(String[] args) throws InterruptedException {
    System.exit(new MongoConsumer(event -> true).run(args[0], args[1]));
  }

  /** Handles events until it is told to stop, and says what to exit with. */
  int run(String mongo, String redis) throws InterruptedException {
    MongoSource source =
        MongoSource.builder(mongo).watch(Scope.parse(MongoWriter.NAMESPACE)).listener(this).build();
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try (CheckpointStore checkpoints =
            RedisCheckpointStore.builder(RedisURI.create(redis))
                .claimExpiry(CLAIM_EXPIRY)
                // Not a third of that: the first connection of a cold Java takes its time.
                .commandTimeout(CLAIM_EXPIRY)
                .build();
        EventStream<ChangeEvent> stream =
            EventStream.from(source, Checkpoints.in(checkpoints, STREAM_ID))
                // Impatient, so that the demo is short.
                .backoff(BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)))
                .listener(new StreamNotes(text -> say(false, text), text -> say(true, text)))
                .listener(states())
                .open()) {
      stopWhenTold(stream);
      timer.scheduleAtFixedRate(
          () -> tellFigures(stream),
          FIGURES_EVERY.toMillis(),
          FIGURES_EVERY.toMillis(),
          TimeUnit.MILLISECONDS);
      stream.consume(delivery -> handle(delivery.event()));
      return 0;
    } catch (StreamClosedException e) {
      return 0;
    } catch (StreamException e) {
      say(false, String.valueOf(e.getMessage()));
      return ExitStatus.FAILED;
    } finally {
      timer.shutdownNow();
    }
  }

  private void handle(ChangeEvent event) {
    if (handler.test(event)) {
      MongoKeys.of(event).map(ConsumerMessage.Handled::new).ifPresent(this::tell);
    }
  }

  private StreamListener states() {
    return new StreamListener() {
      @Override
      public void onTransition(Transition transition) {
        tell(new ConsumerMessage.Changed(transition.to()));
      }
    };
  }

  @Override
  public void onResume(Resume resume) {
    resumes.incrementAndGet();
    say(true, "the driver reopened the cursor by itself");
  }

  @Override
  public void onInvalidate(Invalidated invalidated) {
    invalidates.incrementAndGet();
    say(true, "the stream goes on behind the drop");
  }

  private void tellFigures(EventStream<ChangeEvent> stream) {
    StreamStats now = stream.stats();
    tell(
        new ConsumerMessage.Figures(
            now.unacked(), now.reconnects(), resumes.get(), invalidates.get()));
  }

  private void say(boolean good, String text) {
    tell(new ConsumerMessage.Said(good, LogText.line(text)));
  }

  private void tell(ConsumerMessage message) {
    out.println(message.line());
  }

  private void stopWhenTold(EventStream<ChangeEvent> stream) {
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
              tellFigures(stream);
              stream.close();
            },
            "stop");
    reader.setDaemon(true);
    reader.start();
  }
}
