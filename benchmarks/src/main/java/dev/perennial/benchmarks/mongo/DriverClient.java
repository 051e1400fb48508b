package dev.perennial.benchmarks.mongo;

import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import dev.perennial.benchmarks.measure.Client;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.bson.BsonDocument;
import org.bson.Document;

/**
 * A loop over the driver's own cursor. It has no window and no acks, and ends with its cursor.
 *
 * @param <D> what the collection's documents are decoded to
 * @param <T> what the loop gets
 */
final class DriverClient<D, T> implements Client {

  private final Watched watched;
  private final Function<MongoCollection<Document>, ChangeStreamIterable<D>> watch;
  private final Function<ChangeStreamIterable<D>, MongoCursor<T>> open;
  private final ToIntFunction<T> handler;
  private final Function<T, BsonDocument> token;
  private final MongoClient client;

  /**
   * @param handler reads the total of an event's order
   */
  DriverClient(
      Watched watched,
      Function<MongoCollection<Document>, ChangeStreamIterable<D>> watch,
      Function<ChangeStreamIterable<D>, MongoCursor<T>> open,
      ToIntFunction<T> handler,
      Function<T, BsonDocument> token) {
    this.watched = watched;
    this.watch = watch;
    this.open = open;
    this.handler = handler;
    this.token = token;
    this.client = MongoClients.create(watched.uri());
  }

  @Override
  public long read(int events) {
    LastToken last = new LastToken();
    long sum = 0;
    for (int left = events; left > 0; left -= watched.count()) {
      MongoCollection<Document> collection =
          client.getDatabase(watched.database()).getCollection(watched.collection());
      try (MongoCursor<T> cursor =
          open.apply(watch.apply(collection).startAtOperationTime(watched.start()))) {
        for (int i = Math.min(left, watched.count()); i > 0; i--) {
          T event = cursor.next();
          sum += handler.applyAsInt(event);
          last.handled(token.apply(event));
        }
      }
    }
    return sum;
  }

  @Override
  public void close() {
    client.close();
  }
}
