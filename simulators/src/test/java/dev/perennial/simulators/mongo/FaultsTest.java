package dev.perennial.simulators.mongo;

import static dev.perennial.simulators.mongo.MongoFixture.ORDERS;
import static dev.perennial.simulators.mongo.MongoFixture.doc;
import static dev.perennial.simulators.mongo.MongoFixture.insert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Faults, as a client sees them that sends raw commands. */
@Timeout(60)
class FaultsTest {

  private static final String FAIL = "{configureFailPoint: 'failCommand', ";

  private final ReplicaSetSimulator simulator = MongoFixture.version(9);
  private final RawMongo mongo = new RawMongo(simulator);

  @AfterEach
  void close() {
    mongo.close();
    simulator.close();
  }

  @Test
  void anErrorHitsAsOftenAsAskedAndHasItsLabels() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    Fault fault =
        simulator.faults().fail("getMore", 2, FaultSpec.error(50, "ResumableChangeStreamError"));

    assertThat(stream.more().code()).isEqualTo(50);
    assertThat(stream.labels()).containsExactly("ResumableChangeStreamError");
    assertThat(stream.more().code()).isEqualTo(50);
    assertThat(stream.more().code()).isZero();
    assertThat(fault.hits()).isEqualTo(2);
  }

  @Test
  void aFaultCanBeginLater() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    simulator.faults().failFrom("getMore", 3, 1, FaultSpec.error(6));

    assertThat(List.of(stream.more().code(), stream.more().code(), stream.more().code()))
        .containsExactly(0, 0, 6);
    assertThat(stream.more().code()).isZero();
  }

  @Test
  void aClosedConnectionGivesNoAnswerAndLeavesTheCursor() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    simulator.faults().fail("getMore", 1, FaultSpec.close());

    assertThatThrownBy(stream::more).hasRootCauseInstanceOf(EOFException.class);
    assertThat(simulator.openCursors()).isEqualTo(1);
  }

  @Test
  void garbageIsNoMessage() {
    simulator.faults().fail("ping", 1, FaultSpec.garbage());

    assertThatThrownBy(() -> mongo.run("admin", "{ping: 1}")).isInstanceOf(Throwable.class);
  }

  @Test
  void aBlockedCommandRunsWhenTheFaultIsRemoved() {
    Fault fault = simulator.faults().fail("ping", 1, FaultSpec.block(Duration.ofMinutes(10)));
    mongo.send("admin", BsonDocument.parse("{ping: 1}"));
    Awaitility.await().until(() -> fault.hits() == 1);

    fault.remove();

    assertThat(mongo.receive().getDouble("ok").getValue()).isEqualTo(1);
  }

  @Test
  void killedCursorsAre43() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    assertThat(simulator.faults().killCursors()).isEqualTo(1);

    assertThat(stream.more().code()).isEqualTo(43);
    assertThat(stream.labels()).isEmpty();
  }

  @Test
  void aCursorKilledWhileAGetMoreWaitsIs237AtItsEndAnd43Afterwards() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    long begin = System.nanoTime();
    stream.send(400);
    try (RawMongo other = new RawMongo(simulator)) {
      Awaitility.await().until(() -> simulator.count("getMore") == 1);
      BsonDocument killed =
          other.run(
              "shop",
              "{killCursors: 'orders', cursors: [{$numberLong: '" + stream.cursor() + "'}]}");
      assertThat(killed.getArray("cursorsKilled")).hasSize(1);
    }

    assertThat(stream.got().code()).isEqualTo(237);
    assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(400_000_000L);
    assertThat(stream.labels()).isEmpty();
    assertThat(stream.more().code()).isEqualTo(43);
    assertThat(stream.labels()).isEmpty();
  }

  @Test
  void laterServersEndAGetMoreAtOnceIfItsCursorIsKilled() {
    try (ReplicaSetSimulator later = MongoFixture.version(21);
        RawMongo waiting = new RawMongo(later);
        RawMongo other = new RawMongo(later)) {
      RawMongo.Stream stream = waiting.watch(ORDERS, "{}");
      stream.send(600_000);
      Awaitility.await().until(() -> later.count("getMore") == 1);
      other.run(
          "shop", "{killCursors: 'orders', cursors: [{$numberLong: '" + stream.cursor() + "'}]}");

      assertThat(stream.got().code()).isEqualTo(237);
    }
  }

  @Test
  void failCommandOnGetMoreNeverAddsTheResumableLabel() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    failPoint("mode: {times: 1}, data: {failCommands: ['getMore'], errorCode: 189}");

    assertThat(stream.more().code()).isEqualTo(189);
    assertThat(stream.labels()).isEmpty();
  }

  @Test
  void failCommandCannotMakeErrorsThatNeedDetails() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    failPoint("mode: {times: 1}, data: {failCommands: ['getMore'], errorCode: 13388}");

    assertThat(stream.more().code()).isEqualTo(40671);
  }

  @ParameterizedTest
  @CsvSource({"189, true", "10107, true", "11602, true", "91, false", "11600, false", "6, false"})
  void onlyAnAnswerThatDeniesBeingPrimarySaysWhichTopologyItIsAbout(int code, boolean named) {
    failPoint("mode: {times: 1}, data: {failCommands: ['ping'], errorCode: " + code + "}");

    BsonDocument reply = mongo.run("admin", "{ping: 1}");

    assertThat(code(reply)).isEqualTo(code);
    assertThat(reply.containsKey("topologyVersion")).isEqualTo(named);
  }

  @Test
  void failCommandSetsTheLabelsAskedFor() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    failPoint(
        "mode: {times: 1}, data: {failCommands: ['getMore'], errorCode: 50, errorLabels: ['A']}");

    assertThat(stream.more().labels()).containsExactly("A");
  }

  @ParameterizedTest
  @CsvSource({"6, true", "189, true", "11600, true", "43, false"})
  void failCommandOnAggregateAddsTheResumableLabelToSomeCodes(int code, boolean labelled) {
    failPoint("mode: {times: 1}, data: {failCommands: ['aggregate'], errorCode: " + code + "}");

    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");

    assertThat(stream.code()).isEqualTo(code);
    assertThat(stream.labels().contains("ResumableChangeStreamError")).isEqualTo(labelled);
  }

  @Test
  void below44ThereAreNoResumableLabels() {
    try (ReplicaSetSimulator older = MongoFixture.version(8);
        RawMongo client = new RawMongo(older)) {
      client.run(
          "admin", FAIL + "mode: {times: 1}, data: {failCommands: ['aggregate'], errorCode: 6}}");

      assertThat(client.watch(ORDERS, "{}").labels()).isEmpty();
    }
  }

  @Test
  void failCommandBlocksClosesAndIsTurnedOff() {
    failPoint(
        "mode: 'alwaysOn', data: {failCommands: ['ping'], blockConnection: true, blockTimeMS: 200}");
    long begin = System.nanoTime();
    assertThat(mongo.run("admin", "{ping: 1}").getDouble("ok").getValue()).isEqualTo(1);
    assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(200_000_000L);

    failPoint("mode: 'off'");
    failPoint("mode: {skip: 1}, data: {failCommands: ['ping'], closeConnection: true}");
    assertThat(mongo.run("admin", "{ping: 1}").getDouble("ok").getValue()).isEqualTo(1);
    assertThatThrownBy(() -> mongo.run("admin", "{ping: 1}"))
        .hasRootCauseInstanceOf(EOFException.class);
  }

  @Test
  void aStepDownLeavesAGetMoreThatWaitsAndItsCursor() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    stream.send(30_000);
    Awaitility.await().until(() -> simulator.count("getMore") == 1);
    simulator.stepDown();
    insert(simulator, ORDERS, 1);

    assertThat(stream.got().types()).containsExactly("insert");
    assertThat(stream.more().ok()).isTrue();
  }

  @Test
  void aSecondaryRefusesWritesAndReadsThatDoNotAllowIt() {
    try (ReplicaSetSimulator three = ReplicaSetSimulator.builder().members(3).start();
        RawMongo secondary = new RawMongo(three, 1)) {
      assertThat(code(secondary.run("shop", "{insert: 'orders', documents: [{_id: 1}]}")))
          .isEqualTo(10107);
      assertThat(code(secondary.run("shop", "{find: 'orders'}"))).isEqualTo(13435);
      assertThat(
              code(secondary.run("shop", "{find: 'orders', $readPreference: {mode: 'secondary'}}")))
          .isZero();

      three.elect(1);
      assertThat(code(secondary.run("shop", "{insert: 'orders', documents: [{_id: 1}]}"))).isZero();
    }
  }

  @Test
  void aPausedMemberAnswersWhenItIsResumed() {
    simulator.pauseMember(0);
    mongo.send("admin", BsonDocument.parse("{ping: 1}"));
    Awaitility.await().until(() -> simulator.count("ping") == 1);

    simulator.resumeMember(0);

    assertThat(mongo.receive().getDouble("ok").getValue()).isEqualTo(1);
  }

  @Test
  void aRestartedMemberHasItsPortAndItsDataAndNoCursors() {
    simulator.insert(ORDERS, doc(1));
    mongo.watch(ORDERS, "{}");
    String address = simulator.address(0);

    simulator.restartMember(0);

    assertThat(simulator.address(0)).isEqualTo(address);
    assertThat(simulator.openCursors()).isZero();
    try (RawMongo again = new RawMongo(simulator)) {
      assertThat(again.run("shop", "{count: 'orders'}").getInt32("n").getValue()).isEqualTo(1);
    }
  }

  @Test
  void aClientThatGoesAwayIsNoticedWhileItsGetMoreWaits() {
    try (RawMongo leaving = new RawMongo(simulator)) {
      leaving.watch(ORDERS, "{}").send(600_000);
      Awaitility.await().until(() -> simulator.count("getMore") == 1);
    }

    Awaitility.await().until(() -> simulator.openCursors() == 0);
  }

  @Test
  void commandsAreRecorded() {
    mongo.watch(ORDERS, "{}").more();

    assertThat(simulator.commands())
        .extracting(ReceivedCommand::name)
        .contains("aggregate", "getMore");
    assertThat(simulator.count("aggregate")).isEqualTo(1);
    assertThat(simulator.openConnections()).isEqualTo(1);
    simulator.clearObservations();
    assertThat(simulator.commands()).isEmpty();
  }

  private void failPoint(String what) {
    assertThat(code(mongo.run("admin", FAIL + what + "}"))).isZero();
  }

  private static int code(BsonDocument reply) {
    return reply.containsKey("code") ? reply.getInt32("code").getValue() : 0;
  }
}
