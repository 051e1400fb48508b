package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterSettings;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.simulators.network.FaultProxy;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import dev.perennial.source.mongo.internal.position.CheckpointText;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Save;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * What the cases share that any replica set of version 4.4 or newer can show, a real one as well as
 * the simulator: a server, whole streams to it, and what was seen of both. A number in a case's
 * name is that of the conformance case, or of the bug that a stream of this kind once had.
 *
 * <p>The time limit is for a driver that never returns; a real server's oplog takes minutes to
 * fill.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
abstract class MongoServerCases implements MongoServers {

  static final String STREAM = "orders";
  static final String ORDERS = "orders";

  /** Short, so that no test waits long for an answer without an event. */
  static final Duration AWAIT = Duration.ofMillis(100);

  static final BackoffPolicy SOON =
      BackoffPolicy.exponential(Duration.ofMillis(20), Duration.ofMillis(200)).withJitter(0);

  final List<AutoCloseable> opened = new ArrayList<>();
  final InMemoryCheckpointStore store = new InMemoryCheckpointStore();
  final Transitions transitions = new Transitions();
  final ListenerRecorder recorder = new ListenerRecorder();

  /** Only the tested stream's client calls itself that, so only it is hit by faults. */
  final String application = "perennial-" + UUID.randomUUID();

  /** How many saves there were when each cursor was asked for. */
  final List<Integer> savesAtOpen = new CopyOnWriteArrayList<>();

  final CommandRecorder commands = new CommandRecorder(() -> savesAtOpen.add(store.saves().size()));

  MongoUnderTest mongo;
  String database;
  FaultProxy proxy;

  void given(Setup setup) throws Exception {
    mongo = mongo(setup);
    opened.add(0, mongo);
    database = mongo.database("shop");
  }

  @AfterEach
  void closeAll() throws Exception {
    CloseSteps closing = new CloseSteps();
    if (mongo != null) {
      // Before what it may hold up.
      closing.then(mongo::heal);
    }
    for (int i = opened.size() - 1; i >= 0; i--) {
      closing.then(opened.get(i));
    }
    closing.end();
  }

  /** Starts something that goes on beside the case, and ends with it. */
  BackgroundThread beside(BackgroundThread.Task task) {
    BackgroundThread background = new BackgroundThread(task);
    opened.add(background);
    return background;
  }

  // --- streams

  MongoClientSettings settings(String uri) {
    return MongoClientSettings.builder()
        .applyConnectionString(new ConnectionString(uri))
        .applicationName(application)
        .addCommandListener(commands)
        .applyToServerSettings(server ->
            server
                // A server that only a fault took for lost is looked at again soon.
                .heartbeatFrequency(200, TimeUnit.MILLISECONDS)
                .minHeartbeatFrequency(20, TimeUnit.MILLISECONDS))
        .build();
  }

  /**
   * Through a proxy, and otherwise the same. To a single server, whatever set it is a member of:
   * otherwise a driver goes there directly.
   */
  MongoClientSettings settings(FaultProxy proxy) {
    return MongoClientSettings.builder(settings(mongo.uri()))
        .applyToClusterSettings(cluster ->
            cluster.applySettings(
                ClusterSettings.builder()
                    .hosts(List.of(new ServerAddress(proxy.address())))
                    .mode(ClusterConnectionMode.SINGLE)
                    .build()))
        // A certificate is of the server's own name.
        .applyToSslSettings(tls -> tls.invalidHostNameAllowed(true))
        .build();
  }

  /** A source on one collection. */
  MongoSourceBuilder source() {
    return source(Scope.collection(database, ORDERS));
  }

  MongoSourceBuilder source(Scope scope) {
    return source(MongoSource.builder(settings(mongo.uri())).watch(scope));
  }

  /** A source on the other side of a network that can be broken: {@link #proxy}. */
  MongoSourceBuilder sourceBehindProxy(Scope scope) throws Exception {
    proxy = FaultProxy.to(mongo.primary().toString());
    opened.add(1, proxy);
    return source(MongoSource.builder(settings(proxy)).watch(scope));
  }

  MongoSourceBuilder source(MongoSourceBuilder builder) {
    return builder.maxAwaitTime(AWAIT).listener(recorder.listener);
  }

  /** Checkpoints that are saved at each ack. */
  Checkpoints eager() {
    return Checkpoints.in(store, STREAM).every(1, Duration.ofMillis(50));
  }

  EventStreamBuilder<ChangeEvent> stream(MongoSourceBuilder source) {
    return stream(source, eager());
  }

  EventStreamBuilder<ChangeEvent> stream(MongoSourceBuilder source, Checkpoints checkpoints) {
    return EventStream.from(source.build(), checkpoints).backoff(SOON).listener(transitions);
  }

  EventStream<ChangeEvent> open(EventStreamBuilder<ChangeEvent> builder) {
    EventStream<ChangeEvent> stream = builder.open();
    opened.add(stream);
    return stream;
  }

  /** A stream that is connected, and so has begun. */
  EventStream<ChangeEvent> live(EventStreamBuilder<ChangeEvent> builder) throws Exception {
    EventStream<ChangeEvent> stream = open(builder);
    stream.awaitLive(Pull.PATIENCE);
    return stream;
  }

  /** Pulls until the server has answered a few times more, with nothing. */
  void quietly(EventStream<ChangeEvent> stream) throws InterruptedException {
    int enough = commands.answers() + 3;
    Pull.quietlyUntil(stream, () -> commands.answers() >= enough);
  }

  // --- writes

  void insert(int... ids) {
    insertInto(ORDERS, ids);
  }

  void insertInto(String collection, int... ids) {
    for (int id : ids) {
      mongo.collection(database, collection).insertOne(document(id));
    }
  }

  static BsonDocument document(int id) {
    return new BsonDocument("_id", new BsonInt32(id)).append("n", new BsonInt32(id));
  }

  static int[] range(int from, int to) {
    return IntStream.rangeClosed(from, to).toArray();
  }

  // --- checkpoints

  /** What the saves of a stream meant, in order. */
  List<ResumePosition> saved() {
    return store.saves().stream().map(Save::checkpoint).map(MongoServerCases::position).toList();
  }

  /** What was saved that is not before an event. */
  List<ResumePosition> savedFrom(Delivery<ChangeEvent> delivery) {
    return saved().stream()
        .filter(position -> key(position).compareTo(key(position(delivery))) >= 0)
        .toList();
  }

  ResumePosition lastSaved() {
    return position(store.checkpoint(STREAM).orElseThrow());
  }

  static ResumePosition position(Delivery<ChangeEvent> delivery) {
    return (ResumePosition) delivery.position();
  }

  static ResumePosition position(Checkpoint checkpoint) {
    try {
      // Of the same settings as what saved it, so that it comes back as it was.
      return new CheckpointText(checkpoint.fingerprint()).decode(checkpoint).position();
    } catch (CheckpointException e) {
      throw new AssertionError(e);
    }
  }

  /** Orders positions as the server does: a token's digits begin with its time. */
  static String key(MongoPosition position) {
    return position
        .token()
        .map(token -> token.getString("_data").getValue())
        .orElseGet(() -> "82" + hex(position.operationTime().orElseThrow()));
  }

  static String hex(BsonTimestamp time) {
    return String.format("%08X%08X", time.getTime(), time.getInc());
  }

  /** Every position is the one before it or behind it. */
  static void assertNeverBack(List<ResumePosition> positions) {
    assertThat(positions.stream().map(MongoServerCases::key).toList()).isSorted();
  }

  // --- listeners

  static final class Transitions implements StreamListener {
    final List<Transition> all = new CopyOnWriteArrayList<>();
    final List<MalformedReceived> malformed = new CopyOnWriteArrayList<>();

    @Override
    public void onTransition(Transition transition) {
      all.add(transition);
    }

    @Override
    public void onMalformed(MalformedReceived received) {
      malformed.add(received);
    }

    List<Transition> losses() {
      return all.stream().filter(change -> change.to() == StreamState.BACKING_OFF).toList();
    }

    List<Duration> waits() {
      return losses().stream().map(Transition::delay).map(Optional::orElseThrow).toList();
    }

    List<Throwable> causes() {
      return losses().stream().map(Transition::cause).flatMap(Optional::stream).toList();
    }
  }
}
