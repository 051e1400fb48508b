package dev.perennial.benchmarks.mongo;

import java.util.List;
import java.util.stream.IntStream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.codecs.pojo.annotations.BsonId;
import org.jspecify.annotations.Nullable;
import org.springframework.data.annotation.Id;

/**
 * A document of the watched collection, as an application declares it. Public for the driver.
 *
 * @param total follows from the id, so that a handler that reads either can be checked
 */
public record Order(
    @BsonId @Id int id, @Nullable String customer, @Nullable List<Item> items, int total) {

  /** A line of an order. */
  public record Item(String article, String title, int quantity, double price) {}

  private static final int FIRST_ARTICLE = 10_000;

  /** Returns the total of the order with an id. */
  static int total(int id) {
    return id % 1_000 * 7 + 1;
  }

  /** Returns the sum of the totals of the first orders. */
  static long totals(int count) {
    return IntStream.range(0, count).mapToLong(Order::total).sum();
  }

  /** Creates the documents of orders with so many lines, which all are the same. */
  static List<BsonDocument> documents(int from, int to, int lines) {
    BsonArray items = new BsonArray(IntStream.range(0, lines).mapToObj(Order::item).toList());
    return IntStream.range(from, to).mapToObj(id -> document(id, items)).toList();
  }

  private static BsonDocument document(int id, BsonArray items) {
    BsonDocument order = new BsonDocument("_id", new BsonInt32(id));
    if (!items.isEmpty()) {
      order.append("customer", new BsonString("customer-0815")).append("items", items);
    }
    return order.append("total", new BsonInt32(total(id)));
  }

  private static BsonDocument item(int number) {
    return new BsonDocument("article", new BsonString("article-" + (FIRST_ARTICLE + number)))
        .append("title", new BsonString("An article with a title of the usual length"))
        .append("quantity", new BsonInt32(1 + number % 5))
        .append("price", new BsonDouble(9.75 + number));
  }
}
