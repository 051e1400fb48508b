package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.reason;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.port.Checkpoint;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.Pull;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonObjectId;
import org.bson.BsonTimestamp;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints that come to another deployment than they are of, and those that do not. */
class DeploymentCheckTest {

  /** What the user may do. */
  private enum Rights {
    CLUSTER_MONITOR,
    READ
  }

  /** Of all deployments of a test, so that it is certain what is later on another one. */
  private final AtomicReference<Instant> clock = new AtomicReference<>(Instant.now());

  private void tick() {
    clock.updateAndGet(now -> now.plusSeconds(10));
  }

  private Rig rig(Rights rights, long seed, String name) {
    Rig rig = new Rig(servers -> servers.seed(seed).name(name).wireVersion(9).clock(clock::get));
    rig.servers.faults().ordinaryRights(rights == Rights.READ);
    return rig;
  }

  private Rig rig(Rights rights) {
    return rig(rights, 1, "rs0");
  }

  /** Runs a stream that acks an event, and ends. */
  private Checkpoint ackOne(Rig rig, MongoSourceBuilder source) throws Exception {
    try (EventStream<ChangeEvent> stream = rig.live(source.build())) {
      tick();
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      tick();
    }
    return rig.store.checkpoint(Rig.ID).orElseThrow();
  }

  private static void assertRefused(Rig rig, MongoSourceBuilder source, String... words)
      throws Exception {
    Checkpoint before = rig.store.checkpoint(Rig.ID).orElseThrow();
    int saves = rig.store.saves().size();
    try (EventStream<ChangeEvent> stream = rig.stream(source.build())) {
      StreamFailedException dead =
          catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
      assertThat(dead).isNotNull();
      assertThat(dead.getCause())
          .has(reason("another-deployment"))
          .hasMessageContaining("acceptMigration(true)")
          .hasMessageContaining("startAfresh");
      for (String word : words) {
        assertThat(dead.getCause()).hasMessageContaining(word);
      }
    }
    assertThat(rig.store.saves()).hasSize(saves);
    assertThat(rig.store.checkpoint(Rig.ID)).contains(before);
    assertThat(rig.servers.openCursors()).isZero();
  }

  private static void assertResumes(Rig rig, MongoSourceBuilder source, String... events)
      throws Exception {
    try (EventStream<ChangeEvent> stream = rig.live(source.build())) {
      assertThat(take(stream, events.length)).containsExactly(events);
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName(
      "a checkpoint of a set that was made apart is refused, though its time is known here")
  void another(Rights rights) throws Exception {
    try (Rig old = rig(rights);
        Rig other = rig(rights, 2, "rs0")) {
      old.insert(0);
      other.insert(0);
      other.store.put(Rig.ID, ackOne(old, old.builder()));
      other.insert(2);
      assertRefused(
          other,
          other.builder(),
          rights == Rights.READ ? "collections" : other.servers.replicaSetId().toHexString());
    }
  }

  @Test
  @DisplayName("a checkpoint of a set of another name is refused, whatever else is not known")
  void anotherName() throws Exception {
    try (Rig old = rig(Rights.READ);
        Rig other = rig(Rights.READ, 1, "rs1")) {
      other.store.put(Rig.ID, ackOne(old, old.builder()));
      other.insert(2);
      assertRefused(other, other.builder(), "\"rs1\"", "\"rs0\"");
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName(
      "after a migration that is accepted a stream goes on from the time, and belongs here")
  void accepted(Rights rights) throws Exception {
    try (Rig old = rig(rights);
        Rig other = rig(rights, 2, "rs0")) {
      old.insert(0);
      other.insert(0);
      Checkpoint saved = ackOne(old, old.builder());
      other.store.put(Rig.ID, saved);
      BsonTimestamp later = other.insert(2);
      assertThat(later)
          .isGreaterThanOrEqualTo(old.builder().build().decode(saved).clusterTime().orElseThrow());
      assertResumes(other, other.builder().acceptMigration(true), "insert 2");
      other.insert(3);
      assertResumes(other, other.builder(), "insert 3");
      old.store.put(Rig.ID, other.store.checkpoint(Rig.ID).orElseThrow());
      assertRefused(old, old.builder());
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("elections and restarts change nothing")
  void sameAfterAnElection(Rights rights) throws Exception {
    try (Rig rig = new Rig(servers -> servers.members(3))) {
      rig.servers.faults().ordinaryRights(rights == Rights.READ);
      ackOne(rig, rig.builder());
      rig.servers.stepDown();
      rig.servers.restartMember(0);
      rig.insert(2);
      assertResumes(rig, rig.builder(), "insert 2");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("a collection that is dropped and made again is of the same deployment")
  void recreated(int wireVersion) throws Exception {
    try (Rig rig = Rig.rig(wireVersion)) {
      rig.servers.faults().ordinaryRights(true);
      rig.insert(0);
      ackOne(rig, rig.builder());
      // Nobody is there to see it.
      rig.servers.drop(Rig.ORDERS);
      rig.insert(2);
      assertResumes(rig, rig.builder(), "drop", "invalidate", "insert 2");
      rig.servers.drop(Rig.ORDERS);
      rig.insert(3);
      assertResumes(rig, rig.builder(), "drop");
      rig.servers.drop(Rig.ORDERS);
      rig.insert(4);
      assertResumes(rig, rig.builder(), "invalidate", "insert 3", "drop", "invalidate", "insert 4");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("a position behind the drop, where nothing says any more that there was one")
  void recreatedBehindThePosition(boolean hidden) throws Exception {
    try (Rig rig = rig(Rights.READ)) {
      UnaryOperator<MongoSourceBuilder> inserts =
          source ->
              hidden
                  ? source.pipeline(
                      List.of(Aggregates.match(Filters.eq("operationType", "insert"))))
                  : source;
      rig.insert(0);
      ackOne(rig, inserts.apply(rig.builder()));
      try (EventStream<ChangeEvent> stream = rig.live(inserts.apply(rig.builder()).build())) {
        rig.servers.drop(Rig.ORDERS);
        assertThat(take(stream, hidden ? 1 : 2)).endsWith("invalidate");
        quietlyTo(rig, stream);
      }
      rig.insert(2);
      assertResumes(rig, inserts.apply(rig.builder()), "insert 2");
    }
  }

  /** Pulls until a position is saved that the server gave for the present. */
  private static void quietlyTo(Rig rig, EventStream<ChangeEvent> stream) throws Exception {
    String before = rig.saved();
    Pull.quietlyUntil(
        stream,
        () -> {
          rig.servers.noop();
          return !rig.saved().equals(before) && rig.saved().contains("2B0229296E04");
        });
  }

  @Test
  @DisplayName("in a database whose only collection is dropped and made again behind the position")
  void recreatedInADatabase() throws Exception {
    try (Rig rig = rig(Rights.READ)) {
      MongoSourceBuilder source = rig.builder().watch(Scope.parse("shop"));
      rig.insert(0);
      ackOne(rig, source);
      try (EventStream<ChangeEvent> stream = rig.live(source.build())) {
        rig.servers.drop(Rig.ORDERS);
        assertThat(take(stream, 1)).containsExactly("drop");
        quietlyTo(rig, stream);
      }
      rig.insert(2);
      assertResumes(rig, source, "insert 2");
      MongoSourceBuilder shaped =
          rig.builder()
              .watch(Scope.parse("shop"))
              .pipeline(List.of(Aggregates.match(Filters.eq("operationType", "insert"))));
      rig.insert(3);
      try (EventStream<ChangeEvent> stream = rig.live(shaped.build())) {
        List<Delivery<ChangeEvent>> until = Pull.until(stream, event -> Pull.id(event) == 3);
        until.forEach(Delivery::ack);
        rig.servers.drop(Rig.ORDERS);
        quietlyTo(rig, stream);
      }
      rig.insert(4);
      try (EventStream<ChangeEvent> stream = rig.live(shaped.build())) {
        assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(4);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop", "shop.orders,shop.items"})
  @DisplayName(
      "in a database, and in several collections, any that is still there shows the same set")
  void severalCollections(String scope) throws Exception {
    try (Rig old = rig(Rights.READ);
        Rig other = rig(Rights.READ, 2, "rs0")) {
      for (Rig rig : List.of(old, other)) {
        rig.insert(0);
        rig.servers.insert("shop.items", new BsonDocument("_id", new BsonInt32(0)));
        rig.servers.insert("shop.unwatched", new BsonDocument("_id", new BsonInt32(0)));
      }
      Scope watched = Scope.parse(scope.split(","));
      other.store.put(Rig.ID, ackOne(old, old.builder().watch(watched)));
      old.servers.drop("shop.items");
      old.insert(2);
      assertResumes(old, old.builder().watch(watched), "drop", "insert 2");
      other.insert(2);
      assertRefused(other, other.builder().watch(watched), "collections");
      // That one of another name is dropped explains nothing.
      if (!scope.equals("shop")) {
        other.servers.drop("shop.unwatched");
        assertRefused(other, other.builder().watch(watched), "collections");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a stream that watches something else now is still on the same deployment")
  void anotherScope(Rights rights) throws Exception {
    try (Rig rig = rig(rights)) {
      rig.insert(0);
      rig.servers.insert("shop.items", new BsonDocument("_id", new BsonInt32(0)));
      ackOne(rig, rig.builder());
      rig.servers.insert("shop.items", new BsonDocument("_id", new BsonInt32(2)));
      assertResumes(rig, rig.builder().watch(Scope.parse("shop.items")), "insert 2");
      rig.insert(3);
      assertResumes(rig, rig.builder().watch(Scope.parse("shop")), "insert 2", "insert 3");
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a checkpoint without a mark is good, and the next one has it")
  void withoutMark(Rights rights) throws Exception {
    try (Rig old = rig(rights);
        Rig other = rig(rights, 2, "rs0")) {
      old.insert(0);
      other.insert(0);
      Checkpoint marked = ackOne(old, old.builder());
      Checkpoint plain =
          new Checkpoint(
              marked.source(),
              marked.fingerprint(),
              marked.position().substring(0, marked.position().lastIndexOf(" @")));
      old.store.put(Rig.ID, plain);
      old.insert(2);
      assertResumes(old, old.builder(), "insert 2");
      assertThat(old.saved()).contains(" @");
      other.store.put(Rig.ID, old.store.checkpoint(Rig.ID).orElseThrow());
      assertRefused(other, other.builder());
    }
  }

  @Test
  @DisplayName("a lack of rights never fails a stream, and what is known stays in the checkpoint")
  void withoutRights() throws Exception {
    try (Rig rig = rig(Rights.CLUSTER_MONITOR)) {
      ackOne(rig, rig.builder());
      String mark = rig.saved().substring(rig.saved().lastIndexOf(" @"));
      assertThat(mark).contains("id=replicaSet-" + rig.servers.replicaSetId()).contains("set=rs0");
      rig.servers.faults().ordinaryRights(true);
      rig.servers.faults().failAlways("listCollections", FaultSpec.error(13));
      rig.insert(2);
      assertResumes(rig, rig.builder(), "insert 2");
      assertThat(rig.saved()).endsWith(mark);
      rig.servers.faults().clear();
      rig.insert(3);
      assertResumes(rig, rig.builder(), "insert 3");
      assertThat(rig.saved()).contains(mark + "&collection=");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "replSetGetConfig 11602",
        "listCollections 11602",
        "replSetGetConfig 9999999",
        "listCollections 9999999"
      })
  @DisplayName("a server that cannot answer now is asked again, and not taken for silent")
  void unavailable(String failing) throws Exception {
    String command = failing.split(" ")[0];
    int code = Integer.parseInt(failing.split(" ")[1]);
    try (Rig old = rig(command.equals("listCollections") ? Rights.READ : Rights.CLUSTER_MONITOR);
        Rig other =
            rig(
                command.equals("listCollections") ? Rights.READ : Rights.CLUSTER_MONITOR,
                2,
                "rs0")) {
      old.insert(0);
      other.insert(0);
      other.store.put(Rig.ID, ackOne(old, old.builder()));
      other.servers.faults().fail(command, 1, FaultSpec.error(code));
      other.insert(2);
      assertRefused(other, other.builder());
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a connection costs one command at the most, and an event none")
  void costs(Rights rights) throws Exception {
    try (Rig rig = rig(rights)) {
      rig.insert(0);
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1);
        take(stream, 1);
        rig.servers.clearObservations();
        rig.insert(2, 50);
        take(stream, 49);
        assertThat(asked(rig)).isZero();
        rig.servers.faults().fail("getMore", 1, FaultSpec.error(50));
        await()
            .atMost(Rig.TIMEOUT)
            .until(() -> {
              assertThat(stream.next(Duration.ofMillis(20))).isEmpty();
              return stream.stats().reconnects() == 1;
            });
        assertThat(asked(rig)).isEqualTo(1);
      }
    }
  }

  private static long asked(Rig rig) {
    return rig.servers.count("replSetGetConfig")
        + rig.servers.count("listCollections")
        + rig.servers.count("ping");
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a sharded cluster is known by its own id, which every router says")
  void sharded(Rights rights) throws Exception {
    try (Rig old = router(rights, 1);
        Rig same = router(rights, 1);
        Rig other = router(rights, 2)) {
      Checkpoint saved = ackOne(old, old.builder());
      same.store.put(Rig.ID, saved);
      same.insert(2);
      assertResumes(same, same.builder().acceptMigration(false));
      other.store.put(Rig.ID, saved);
      other.insert(2);
      if (rights == Rights.CLUSTER_MONITOR) {
        assertThat(old.saved()).contains("@id=sharded-000000000000000000000001");
        assertRefused(other, other.builder(), "sharded-000000000000000000000002");
      } else {
        assertThat(old.saved()).contains("@id=sharded-&collection=");
        assertRefused(other, other.builder(), "collections");
      }
    }
  }

  private static Rig router(Rights rights, int cluster) {
    Rig rig = new Rig(servers -> servers.router().seed(cluster));
    rig.servers.insert(
        "config.version",
        new BsonDocument("_id", new BsonInt32(1))
            .append("clusterId", new BsonObjectId(new ObjectId(String.format("%024x", cluster)))));
    rig.insert(0);
    rig.servers.faults().ordinaryRights(rights == Rights.READ);
    return rig;
  }

  @Test
  @DisplayName("what the oplog no longer says is for the policy on lost history to decide")
  void recreatedAndRolled() throws Exception {
    try (Rig rig = rig(Rights.READ)) {
      rig.insert(0);
      ackOne(rig, rig.builder());
      rig.servers.drop(Rig.ORDERS);
      rig.insert(2);
      rig.servers.faults().truncateOplog(rig.servers.noop());
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead.reason()).isEqualTo(Reason.POSITION_LOST);
      }
    }
  }

  @Test
  @DisplayName("a user who may read the id leaves the collections too, for one who may not")
  void rightsThatShrink() throws Exception {
    try (Rig old = rig(Rights.CLUSTER_MONITOR);
        Rig other = rig(Rights.READ, 2, "rs0")) {
      old.insert(0);
      other.insert(0);
      other.store.put(Rig.ID, ackOne(old, old.builder()));
      other.insert(2);
      assertRefused(other, other.builder(), "collections");
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a replica set and a sharded cluster are not each other")
  void anotherKind(Rights rights) throws Exception {
    for (Scope scope : List.of(Scope.cluster(), Scope.parse(Rig.ORDERS))) {
      try (Rig set = rig(rights, 1, "rs0");
          Rig cluster = router(rights, 2)) {
        set.insert(0);
        Checkpoint ofSet = ackOne(set, set.builder().watch(scope));
        Checkpoint ofCluster = ackOne(cluster, cluster.builder().watch(scope));
        cluster.store.put(Rig.ID, ofSet);
        assertRefused(cluster, cluster.builder().watch(scope), "a sharded cluster, not a replica");
        set.store.put(Rig.ID, ofCluster);
        assertRefused(set, set.builder().watch(scope), "a replica set, not a sharded");
      }
    }
  }

  @Test
  @DisplayName("a router that gets nowhere for a while has not said that there was no drop")
  void longScan() throws Exception {
    try (Rig rig = router(Rights.READ, 1)) {
      ackOne(rig, rig.builder());
      rig.servers.drop(Rig.ORDERS);
      rig.insert(2);
      rig.servers.faults().stallStreams(6);
      assertResumes(rig, rig.builder(), "drop", "invalidate", "insert 2");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("collections that were named before a drop are looked for from then on")
  void namedBeforeThePosition(int wireVersion) throws Exception {
    try (Rig rig = Rig.rig(wireVersion)) {
      rig.servers.faults().ordinaryRights(true);
      rig.insert(0);
      Checkpoint saved = ackOne(rig, rig.builder());
      rig.servers.drop(Rig.ORDERS);
      rig.insert(2);
      // As of a member that lags behind.
      BsonTimestamp behind = rig.servers.noop();
      String mark = saved.position().substring(saved.position().lastIndexOf(" @"));
      rig.store.put(
          Rig.ID,
          new Checkpoint(
              saved.source(), saved.fingerprint(), "1 time " + ClusterTime.text(behind) + mark));
      rig.insert(3);
      assertResumes(rig, rig.builder(), "insert 3");
    }
  }

  @Test
  @DisplayName("a drop of the other deployment's own collections explains nothing")
  void dropsOfItsOwn() throws Exception {
    try (Rig old = new Rig(servers -> servers.seed(1).wireVersion(21).clock(clock::get));
        Rig other = new Rig(servers -> servers.seed(2).wireVersion(21).clock(clock::get))) {
      for (Rig rig : List.of(old, other)) {
        rig.servers.faults().ordinaryRights(true);
        rig.insert(0);
      }
      other.store.put(Rig.ID, ackOne(old, old.builder()));
      for (int night = 0; night < 2; night++) {
        other.servers.drop(Rig.ORDERS);
        other.insert(2);
      }
      assertRefused(other, other.builder(), "collections");
      other.servers.rename(Rig.ORDERS, "shop.past");
      other.insert(3);
      assertRefused(other, other.builder(), "collections");
    }
  }

  @Test
  @DisplayName("behind a drop the collections are named again while the stream lives")
  void namedAgain() throws Exception {
    try (Rig rig = rig(Rights.READ)) {
      rig.insert(0);
      MongoSourceBuilder source = rig.builder().watch(Scope.parse("shop"));
      try (EventStream<ChangeEvent> stream = rig.live(source.build())) {
        rig.servers.drop(Rig.ORDERS);
        rig.insert(1);
        assertThat(take(stream, 2)).containsExactly("drop", "insert 1");
        Pull.quietlyUntil(
            stream,
            () -> {
              rig.servers.noop();
              return rig.saved().contains("&collection=");
            });
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a migration that is accepted stays one when the first cursor could not be opened")
  void acceptedAgain(Rights rights) throws Exception {
    try (Rig old = rig(rights);
        Rig other = rig(rights, 2, "rs0")) {
      old.insert(0);
      other.insert(0);
      other.store.put(Rig.ID, ackOne(old, old.builder()));
      other.insert(2);
      other.servers.faults().fail("aggregate", 1, FaultSpec.error(11602));
      assertResumes(other, other.builder().acceptMigration(true), "insert 2");
      assertThat(other.servers.commands())
          .filteredOn(command -> command.name().equals("aggregate"))
          .hasSizeGreaterThan(1)
          .noneMatch(command -> command.document().toJson().contains("startAfter"));
    }
  }
}
