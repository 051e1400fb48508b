package dev.perennial.benchmarks.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.OperationType;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StartPosition;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * A loop over a stream with everything to it: the source, the window, an ack for each event, and a
 * checkpoint that is saved, to memory, as often as it is by default.
 */
final class StreamLoop implements Loop {

  /** Handles what came, and says how much that was. */
  private interface Taker {
    int take(StreamLoop loop) throws InterruptedException;
  }

  private static final int BATCH = 1_000;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final AtomicReference<@Nullable Checkpoint> memory = new AtomicReference<>();
  private final EventStream<ChangeEvent> stream;
  private final Taker taker;
  private final Reading reading;
  private final Tally tally;

  private StreamLoop(MongoSource source, Taker taker, Reading reading, Tally tally) {
    CheckpointStore store =
        CheckpointStore.of(
            id -> Optional.ofNullable(memory.get()), (id, saved) -> memory.set(saved));
    this.stream = EventStream.from(source, Checkpoints.in(store, "benchmark")).open();
    this.taker = taker;
    this.reading = reading;
    this.tally = tally;
  }

  /** One delivery at a time. */
  static Opener next(String uri, Reading reading) {
    return opener(() -> MongoSource.builder(uri), () -> {}, StreamLoop::one, reading);
  }

  /** Up to a thousand deliveries at a time. */
  static Opener poll(String uri, Reading reading) {
    return opener(() -> MongoSource.builder(uri), () -> {}, StreamLoop::batch, reading);
  }

  /** One delivery at a time, over a client of the application's. */
  static Opener given(String uri, Reading reading) {
    MongoClient client = MongoClients.create(uri);
    return opener(() -> MongoSource.builder(client), client::close, StreamLoop::one, reading);
  }

  private static Opener opener(
      Supplier<MongoSourceBuilder> builders, Runnable close, Taker taker, Reading reading) {
    return new Opener() {
      @Override
      public Loop open(Size size, BsonTimestamp start, Tally tally) {
        MongoSource source =
            builders
                .get()
                .watch(Scope.collection(size.database(), size.collection()))
                .startAt(StartPosition.at(start))
                .build();
        return new StreamLoop(source, taker, reading, tally);
      }

      @Override
      public void close() {
        close.run();
      }
    };
  }

  @Override
  public int handle() throws InterruptedException {
    return taker.take(this);
  }

  private int one() throws InterruptedException {
    Delivery<ChangeEvent> delivery = stream.next();
    read(delivery.event());
    delivery.ack();
    return 1;
  }

  private int batch() throws InterruptedException {
    Batch<ChangeEvent> batch = stream.poll(BATCH, PATIENCE);
    for (Delivery<ChangeEvent> delivery : batch.deliveries()) {
      read(delivery.event());
      delivery.ack();
    }
    return batch.size();
  }

  private void read(ChangeEvent event) {
    if (!(event instanceof Change change)) {
      throw new IllegalStateException("came as an event: " + event);
    }
    tally.event(
        change.operationType() == OperationType.INSERT,
        change.namespace().orElseThrow().collection().orElseThrow(),
        change.documentId().orElseThrow().asInt32().getValue(),
        change.clusterTime().orElseThrow().getValue());
    if (reading == Reading.ONE_FIELD) {
      tally.total(change.fullDocument().raw().orElseThrow().getInt32("total").getValue());
    }
  }

  @Override
  public String saved() {
    Checkpoint saved = memory.get();
    return saved == null ? "" : saved.position();
  }

  @Override
  public void close() {
    stream.close();
  }
}
