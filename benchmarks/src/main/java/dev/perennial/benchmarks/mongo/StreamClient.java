package dev.perennial.benchmarks.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.benchmarks.measure.Client;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StartPosition;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Perennial, with everything it has by default. Each event is acked, and the checkpoint is saved,
 * to memory, as often as by default. All streams use one driver client, as those of the driver do.
 */
final class StreamClient implements Client {

  /** Reads events from a stream, and returns the sum of what it read. */
  interface Reader {
    long read(EventStream<ChangeEvent> stream, int events) throws InterruptedException;
  }

  private static final int BATCH = 500;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Watched watched;
  private final Reader reader;
  private final MongoClient client;

  StreamClient(Watched watched, Reader reader) {
    this.watched = watched;
    this.reader = reader;
    this.client = MongoClients.create(watched.uri());
  }

  @Override
  public long read(int events) throws InterruptedException {
    long sum = 0;
    for (int left = events; left > 0; left -= watched.count()) {
      try (EventStream<ChangeEvent> stream = stream()) {
        sum += reader.read(stream, Math.min(left, watched.count()));
      }
    }
    return sum;
  }

  private EventStream<ChangeEvent> stream() {
    AtomicReference<@Nullable Checkpoint> memory = new AtomicReference<>();
    CheckpointStore store =
        CheckpointStore.of(
            id -> Optional.ofNullable(memory.get()), (id, saved) -> memory.set(saved));
    MongoSource source =
        MongoSource.builder(client)
            .watch(Scope.collection(watched.database(), watched.collection()))
            .startAt(StartPosition.at(watched.start()))
            .build();
    return EventStream.from(source, Checkpoints.in(store, "benchmark")).open();
  }

  /** One event at a time. */
  static Reader next(ToIntFunction<Change> handler) {
    return (stream, events) -> {
      long sum = 0;
      for (int i = 0; i < events; i++) {
        Delivery<ChangeEvent> delivery = stream.next();
        sum += handler.applyAsInt((Change) delivery.event());
        delivery.ack();
      }
      return sum;
    };
  }

  /** A batch at a time. */
  static Reader poll(ToIntFunction<Change> handler) {
    return (stream, events) -> {
      long sum = 0;
      int handled = 0;
      while (handled < events) {
        Batch<ChangeEvent> batch = stream.poll(Math.min(BATCH, events - handled), PATIENCE);
        for (Delivery<ChangeEvent> delivery : batch.deliveries()) {
          sum += handler.applyAsInt((Change) delivery.event());
          delivery.ack();
        }
        handled += batch.size();
      }
      return sum;
    };
  }

  /** Reads the id of the document, and leaves the event undecoded. */
  static int id(Change change) {
    return Order.total(change.documentId().orElseThrow().asInt32().getValue());
  }

  /** Decodes the document to a map, and reads a field of it. */
  static int document(Change change) {
    return change.fullDocument().document().orElseThrow().getInteger("total");
  }

  /** Decodes the document to a record of the application, and reads a field of it. */
  static int pojo(Change change) {
    return change.fullDocument().as(Order.class).orElseThrow().total();
  }

  @Override
  public void close() {
    client.close();
  }
}
