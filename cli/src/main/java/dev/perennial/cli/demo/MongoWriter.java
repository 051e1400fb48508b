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

/** Writes to the demo's replica set: inserts, updates, replaces and deletes orders. */
final class MongoWriter {

  static final String NAMESPACE = "shop.orders";

  /** One of this many writes is a transaction. */
  private static final int WRITES_PER_TRANSACTION = 100;

  private static final int TRANSACTION_SIZE = 5;

  private final ReplicaSetSimulator mongo;
  private final SplittableRandom random;

  /** The ids of the orders in the collection. */
  private final List<BsonInt32> ids = new ArrayList<>();

  private int nextId;
  private int written;
  private BsonTimestamp last;

  MongoWriter(ReplicaSetSimulator mongo, long seed) {
    this.mongo = mongo;
    this.random = new SplittableRandom(seed);
    this.last = mongo.currentTime();
  }

  /** Returns the number of events that the writes created. */
  int written() {
    return written;
  }

  /** Returns the cluster time of the newest event. */
  BsonTimestamp last() {
    return last;
  }

  /** Makes one random write. */
  void write() {
    int choice = random.nextInt(WRITES_PER_TRANSACTION);
    if (choice == 0) {
      writeTransaction();
    } else if (ids.isEmpty() || choice < 60) {
      insert();
    } else if (choice < 85) {
      // A new value each time, here and below, because a write that changes nothing has no event.
      wrote(mongo.update(NAMESPACE, any(), new BsonDocument("changed", new BsonInt32(written))));
    } else if (choice < 90) {
      BsonInt32 id = any();
      BsonInt32 again = new BsonInt32(written);
      wrote(mongo.replace(NAMESPACE, id, order(id.getValue()).append("again", again)));
    } else {
      wrote(mongo.delete(NAMESPACE, ids.remove(random.nextInt(ids.size()))));
    }
  }

  /** Inserts an order that the handler cannot handle. No later write is about it. */
  void insertPoison() {
    BsonDocument order = order(nextId++).append("total", new BsonString("many"));
    wrote(mongo.insert(NAMESPACE, order));
  }

  /** Drops the collection. The next insert creates it again. */
  void drop() {
    wrote(mongo.drop(NAMESPACE));
    ids.clear();
  }

  /** Inserts an order. */
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
