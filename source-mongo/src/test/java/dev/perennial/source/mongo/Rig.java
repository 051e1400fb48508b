package dev.perennial.source.mongo;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.mongo.ReplicaSetSimulatorBuilder;
import dev.perennial.testkit.InMemoryCheckpointStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/** A scripted replica set, and what a test needs to watch it. */
public final class Rig implements AutoCloseable {

  public static final String ORDERS = "shop.orders";
  public static final String ID = "orders";

  /** Far more than anything here takes; reached only where something is broken. */
  public static final Duration TIMEOUT = Duration.ofSeconds(20);

  public final ReplicaSetSimulator servers;
  public final InMemoryCheckpointStore store = new InMemoryCheckpointStore();
  public final ListenerRecorder recorder = new ListenerRecorder();

  public Rig(UnaryOperator<ReplicaSetSimulatorBuilder> servers) {
    this.servers = servers.apply(ReplicaSetSimulator.builder().periodicNoop(Duration.ZERO)).start();
  }

  public static Rig rig() {
    return new Rig(UnaryOperator.identity());
  }

  public static Rig rig(int wireVersion) {
    return new Rig(servers -> servers.wireVersion(wireVersion));
  }

  public MongoSourceBuilder builder() {
    return MongoSource.builder(servers.connectionString())
        .watch(Scope.parse(ORDERS))
        .maxAwaitTime(Duration.ofMillis(100))
        .listener(recorder.listener);
  }

  public EventStream<ChangeEvent> stream(MongoSource source) {
    return EventStream.from(source, Checkpoints.in(store, ID).every(1, Duration.ofMillis(50)))
        .open();
  }

  public EventStream<ChangeEvent> stream() {
    return stream(builder().build());
  }

  /** A stream that is connected, so that what is written now comes through its cursor. */
  public EventStream<ChangeEvent> live(MongoSource source)
      throws InterruptedException, TimeoutException {
    EventStream<ChangeEvent> stream = stream(source);
    stream.awaitLive(TIMEOUT);
    return stream;
  }

  public BsonTimestamp insert(int id) {
    return servers.insert(ORDERS, new BsonDocument("_id", new BsonInt32(id)));
  }

  public void insert(int from, int to) {
    for (int id = from; id <= to; id++) {
      insert(id);
    }
  }

  public static Delivery<ChangeEvent> next(EventStream<ChangeEvent> stream)
      throws InterruptedException {
    return stream
        .next(TIMEOUT)
        .orElseThrow(() -> new AssertionError("no event came in " + TIMEOUT));
  }

  /** Takes so many events, acks them, and says what they were. */
  public static List<String> take(EventStream<ChangeEvent> stream, int count)
      throws InterruptedException {
    List<String> taken = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Delivery<ChangeEvent> delivery = next(stream);
      delivery.ack();
      taken.add(text(delivery.event()));
    }
    return taken;
  }

  /** For example {@code insert 1}. */
  public static String text(ChangeEvent event) {
    if (event instanceof Change change) {
      return change.rawOperationType()
          + change
              .documentId()
              .map(id -> " " + (id.isInt32() ? id.asInt32().getValue() : id))
              .orElse("");
    }
    return event instanceof StreamGap ? "gap" : "malformed";
  }

  /** Receives until there is something; a driver's every wait is short. */
  public static Received<ChangeEvent, MongoPosition> receive(
      Connection<ChangeEvent, MongoPosition> connection) throws Exception {
    long start = System.nanoTime();
    @Nullable Received<ChangeEvent, MongoPosition> received = null;
    while (received == null) {
      if (System.nanoTime() - start > TIMEOUT.toNanos()) {
        throw new AssertionError("nothing was received in " + TIMEOUT);
      }
      received = connection.receive(Duration.ofMillis(100));
    }
    return received;
  }

  public String saved() {
    return store.checkpoint(ID).orElseThrow().position();
  }

  @Override
  public void close() {
    servers.close();
  }
}
