package dev.perennial.benchmarks.mongo;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonString;

/** Collections of orders, all of one size each. */
enum Size {
  /** Events of about 300 bytes, most of which are the envelope. */
  SMALL(0, 100_000, 2),
  /** Events of about 3 KB. */
  MEDIUM(21, 20_000, 3),
  /** Events of about 28 KB. */
  LARGE(210, 4_000, 4);

  private static final String DATABASE = "shop";

  /** How many lines an order has. */
  private final int lines;

  /** How many orders there are. */
  final int events;

  /**
   * How often a turn goes through them: enough for a processor clock that ticks every 10 ms, as the
   * one for a whole process does on Linux.
   */
  final int drains;

  Size(int lines, int events, int drains) {
    this.lines = lines;
    this.events = events;
    this.drains = drains;
  }

  String database() {
    return DATABASE;
  }

  String collection() {
    return "orders_" + name().toLowerCase(Locale.ROOT);
  }

  String namespace() {
    return DATABASE + '.' + collection();
  }

  /** So many orders, which share all that need not differ. */
  List<BsonDocument> orders(int count) {
    BsonArray items = new BsonArray(IntStream.range(0, lines).mapToObj(Size::line).toList());
    return IntStream.range(0, count).mapToObj(id -> order(id, items)).toList();
  }

  private BsonDocument order(int id, BsonArray items) {
    BsonDocument order = new BsonDocument("_id", new BsonInt32(id));
    if (lines > 0) {
      order.append("customer", new BsonString("customer-0815")).append("items", items);
    }
    return order.append("total", new BsonInt32(id * 7 + 1));
  }

  private static BsonDocument line(int number) {
    return new BsonDocument("article", new BsonString("article-" + (10_000 + number)))
        .append("title", new BsonString("An article with a title of the usual length"))
        .append("quantity", new BsonInt32(1 + number % 5))
        .append("price", new BsonDouble(9.75 + number));
  }
}
