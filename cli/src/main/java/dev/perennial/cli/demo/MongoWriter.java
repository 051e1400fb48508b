package dev.perennial.cli.demo;

import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.mongo.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;

/** The demo's other applications: they insert, update, replace and delete orders. */
final class MongoWriter {

  static final String NAMESPACE = "shop.orders";

  /** One in so many writes is a transaction. */
  private static final int TRANSACTIONS = 100;

  private static final int TRANSACTION_SIZE = 5;

  private final ReplicaSetSimulator mongo;
  private final SplittableRandom random;

  /** The ids of the orders that are there. */
  private final List<BsonInt32> ids = new ArrayList<>();

  private int nextId;
  private int written;
  private BsonTimestamp last;

  MongoWriter(ReplicaSetSimulator mongo, long seed) {
    this.mongo = mongo;
    this.random = new SplittableRandom(seed);
    this.last = mongo.currentTime();
  }

  /** How many events there are of what was written. */
  int written() {
    return written;
  }

  /** The time of the newest event. */
  BsonTimestamp last() {
    return last;
  }

  /** Writes something. */
  void write() {
    int dice = random.nextInt(TRANSACTIONS);
    if (dice == 0) {
      writeTransaction();
    } else if (ids.isEmpty() || dice < 60) {
      insert();
    } else if (dice < 85) {
      // The number changes each time, here and below: what changes nothing gives no event.
      wrote(mongo.update(NAMESPACE, any(), new BsonDocument("changed", new BsonInt32(written))));
    } else if (dice < 90) {
      BsonInt32 id = any();
      BsonInt32 again = new BsonInt32(written);
      wrote(mongo.replace(NAMESPACE, id, order(id.getValue()).append("again", again)));
    } else {
      wrote(mongo.delete(NAMESPACE, ids.remove(random.nextInt(ids.size()))));
    }
  }

  /** Drops the collection; the next insert makes it again. */
  void drop() {
    wrote(mongo.drop(NAMESPACE));
    ids.clear();
  }

  /** Inserts one order more. */
  void insert() {
    wrote(mongo.insert(NAMESPACE, newOrder()));
  }

  private void writeTransaction() {
    List<Write> writes = new ArrayList<>();
    for (int i = 0; i < TRANSACTION_SIZE; i++) {
      writes.add(new Write.Insert(NAMESPACE, newOrder()));
    }
    wrote(mongo.transaction(writes));
    written += writes.size() - 1;
  }

  private void wrote(BsonTimestamp time) {
    last = time;
    written++;
  }

  private BsonInt32 any() {
    return ids.get(random.nextInt(ids.size()));
  }

  private BsonDocument newOrder() {
    BsonDocument order = order(nextId++);
    ids.add(order.getInt32("_id"));
    return order;
  }

  private BsonDocument order(int id) {
    return new BsonDocument("_id", new BsonInt32(id))
        .append("customer", new BsonString("customer-" + random.nextInt(1_000)))
        .append("total", new BsonInt32(random.nextInt(10_000)));
  }
}
