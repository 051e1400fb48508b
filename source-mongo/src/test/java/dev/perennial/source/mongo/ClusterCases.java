package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoException;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.ReplaceOptions;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.source.mongo.MongoListener.HistoryLost;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Elections and transactions. */
abstract class ClusterCases extends MongoServerCases {

  private static final int WRITERS = 3;
  private static final int DOCUMENTS = 4;
  private static final int ROUNDS = 60;
  private static final int TRIES = 1_000;
  private static final int OPERATIONS = 1_000;

  /** Writes rounds to documents of its own, each until it succeeds: a repeat changes nothing. */
  private void write(int writer) {
    MongoCollection<BsonDocument> collection = mongo.collection(database, ORDERS);
    for (int round = 1; round <= ROUNDS; round++) {
      for (int i = 0; i < DOCUMENTS; i++) {
        int id = writer * DOCUMENTS + i;
        BsonDocument document =
            new BsonDocument("_id", new BsonInt32(id)).append("round", new BsonInt32(round));
        write(collection, document);
      }
    }
  }

  private static void write(MongoCollection<BsonDocument> collection, BsonDocument document) {
    for (int i = 1; ; i++) {
      try {
        collection.replaceOne(
            Filters.eq("_id", document.get("_id")), document, new ReplaceOptions().upsert(true));
        return;
      } catch (MongoException e) {
        // There is no primary for a while. The driver waits for one at each try.
        if (i == TRIES) {
          throw e;
        }
      }
    }
  }

  @Test
  @DisplayName("case 32: step-downs under writes: everything is seen, in order for each document")
  void stepDown() throws Exception {
    given(Setup.ANY.withMembers(3));
    EventStream<ChangeEvent> stream = live(stream(source()));
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int writer = i;
      threads.add(new Thread(() -> write(writer)));
    }
    threads.add(
        new Thread(() -> {
          try {
            mongo.stepDown();
            mongo.stepDown();
          } catch (Throwable e) {
            failures.add(e);
          }
        }));
    threads.forEach(Thread::start);

    Map<Integer, Integer> rounds = new HashMap<>();
    while (rounds.size() < WRITERS * DOCUMENTS
        || rounds.values().stream().anyMatch(round -> round < ROUNDS)) {
      Delivery<ChangeEvent> delivery = Pull.next(stream);
      int round =
          Pull.change(delivery).documentAfter().bson().orElseThrow().getInt32("round").getValue();
      int before = rounds.getOrDefault(Pull.id(delivery.event()), 0);
      // A write whose answer was lost is written again, and then does not come again as a change.
      assertThat(round - before).as("rounds since the one before").isBetween(0, 1);
      rounds.put(Pull.id(delivery.event()), round);
      delivery.ack();
    }
    for (Thread thread : threads) {
      thread.join(Pull.PATIENCE.toMillis());
    }

    assertThat(threads).noneMatch(Thread::isAlive);
    for (Throwable failure : failures) {
      if (failure instanceof org.opentest4j.TestAbortedException aborted) {
        throw aborted;
      }
    }
    assertThat(failures).isEmpty();
    assertNeverBack(saved());
    assertThat(told.of(HistoryLost.class)).isEmpty();
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
