package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoException;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.ReplaceOptions;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.source.mongo.MongoListener.HistoryLost;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Elections and transactions. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class ClusterCases extends MongoServerCases {

  private static final int WRITERS = 3;
  private static final int DOCUMENTS = 4;

  /** How many rounds are written before the first step-down, between the two, and behind. */
  private static final int ROUNDS = 20;

  private static final int OPERATIONS = 1_000;

  /**
   * Writers of rounds, each to documents of its own, until the set has stepped down twice under
   * them or they are told that it is enough.
   */
  private final class Writers implements AutoCloseable {

    final AtomicIntegerArray rounds = new AtomicIntegerArray(WRITERS);
    private final List<BackgroundThread> all = new CopyOnWriteArrayList<>();
    private volatile boolean enough;

    Writers() {
      for (int i = 0; i < WRITERS; i++) {
        int writer = i;
        all.add(new BackgroundThread(() -> write(writer)));
      }
      all.add(
          new BackgroundThread(() -> {
            try {
              more();
              mongo.stepDown();
              more();
              mongo.stepDown();
              more();
            } finally {
              enough = true;
            }
          }));
    }

    boolean areDone() {
      return all.stream().noneMatch(BackgroundThread::isRunning);
    }

    boolean haveFailed() {
      return all.stream().anyMatch(BackgroundThread::hasFailed);
    }

    void join() throws InterruptedException {
      for (BackgroundThread each : all) {
        each.join();
      }
    }

    /** So that none of it happens under the next case. */
    @Override
    public void close() throws Exception {
      enough = true;
      CloseSteps closing = new CloseSteps();
      all.forEach(closing::then);
      closing.end();
    }

    /** Waits until each of them has written some rounds more. */
    private void more() {
      int[] wanted = IntStream.range(0, WRITERS).map(i -> rounds.get(i) + ROUNDS).toArray();
      await()
          .atMost(MongoUnderTest.ELECTION)
          .until(() ->
              haveFailed()
                  || IntStream.range(0, WRITERS).allMatch(i -> rounds.get(i) >= wanted[i]));
      assertThat(haveFailed()).as("a writer failed").isFalse();
    }

    /** Each write is repeated until it succeeds: a repeat changes nothing. */
    private void write(int writer) {
      // Acknowledged by a majority: what one member had for itself may be gone with its primacy.
      MongoCollection<BsonDocument> collection = mongo.collection(database, ORDERS);
      while (!enough) {
        int round = rounds.get(writer) + 1;
        for (int i = 0; i < DOCUMENTS; i++) {
          BsonInt32 id = new BsonInt32(writer * DOCUMENTS + i);
          write(collection, new BsonDocument("_id", id).append("round", new BsonInt32(round)));
        }
        rounds.set(writer, round);
      }
    }

    private void write(MongoCollection<BsonDocument> collection, BsonDocument document) {
      // The driver waits for a primary only where it knows that the set has others.
      await()
          .atMost(MongoUnderTest.ELECTION)
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .ignoreExceptionsInstanceOf(MongoException.class)
          .until(() ->
              collection
                  .replaceOne(
                      Filters.eq("_id", document.get("_id")),
                      document,
                      new ReplaceOptions().upsert(true))
                  .wasAcknowledged());
    }

    /** Whether all that was written has been seen. */
    boolean areSeen(Map<Integer, Integer> seen) {
      return IntStream.range(0, WRITERS * DOCUMENTS)
          .allMatch(id -> seen.getOrDefault(id, 0) == rounds.get(id / DOCUMENTS));
    }
  }

  /** Last: a set whose members are not equal elects again some time after a step-down. */
  @Test
  @Order(Integer.MAX_VALUE)
  @DisplayName("case 32: step-downs under writes: everything is seen, in order for each document")
  void stepDown() throws Exception {
    given(Setup.ANY.withMembers(3));
    EventStream<ChangeEvent> stream = live(stream(source()));
    Writers writers = new Writers();
    opened.add(writers);

    Map<Integer, Integer> seen = new HashMap<>();
    long deadline = System.nanoTime() + MongoUnderTest.ELECTION.multipliedBy(5).toNanos();
    while (!writers.areDone() || (!writers.haveFailed() && !writers.areSeen(seen))) {
      assertThat(System.nanoTime() - deadline).as("waited in vain").isNegative();
      Optional<Delivery<ChangeEvent>> delivery = stream.next(AWAIT);
      if (delivery.isEmpty()) {
        continue;
      }
      int round =
          Pull.change(delivery.get())
              .documentAfter()
              .bson()
              .orElseThrow()
              .getInt32("round")
              .getValue();
      int id = Pull.id(delivery.get().event());
      // A write whose answer was lost is written again, and then does not come again as a change.
      assertThat(round - seen.getOrDefault(id, 0)).as("rounds since the one before").isEqualTo(1);
      seen.put(id, round);
      delivery.get().ack();
    }

    writers.join();
    assertThat(IntStream.range(0, WRITERS).map(writers.rounds::get))
        .as("rounds before, between and behind the step-downs")
        .allMatch(rounds -> rounds >= 3 * ROUNDS);
    assertNeverBack(saved());
    assertThat(recorder.of(HistoryLost.class)).isEmpty();
  }

  @Test
  @DisplayName(
      "case 35, seed bug 12: a transaction of 1,000 operations, acked in the middle: a restart goes on inside it")
  void transaction() throws Exception {
    given(Setup.ANY);
    insertInto(ORDERS, -1);
    EventStream<ChangeEvent> stream = live(stream(source()));
    mongo.insertInTransaction(
        database,
        ORDERS,
        IntStream.range(0, OPERATIONS).mapToObj(MongoServerCases::document).toList());

    List<Delivery<ChangeEvent>> all = Pull.next(stream, OPERATIONS);
    assertThat(all)
        .extracting(delivery -> Pull.change(delivery).clusterTime())
        .containsOnly(position(all.get(0)).clusterTime());
    assertThat(all).extracting(Delivery::position).doesNotHaveDuplicates();
    assertThat(all)
        .allSatisfy(delivery -> {
          assertThat(Pull.change(delivery).txnNumber()).isPresent();
          assertThat(Pull.change(delivery).lsid()).isPresent();
        });
    all.subList(0, OPERATIONS / 2).forEach(Delivery::ack);
    all.get(OPERATIONS - 1).ack();
    stream.close();
    assertThat(lastSaved()).isEqualTo(position(all.get(OPERATIONS / 2 - 1)));

    List<Delivery<ChangeEvent>> rest = Pull.next(live(stream(source())), OPERATIONS / 2);
    assertThat(Pull.ids(rest))
        .isEqualTo(IntStream.range(OPERATIONS / 2, OPERATIONS).boxed().toList());
  }
}
