package dev.perennial.benchmarks.mongo;

import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.client.model.changestream.OperationType;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;

/**
 * A loop over the driver's own cursor. It has no window and no acks, and is lost with its cursor.
 */
final class DriverLoop<T> implements Loop {

  /** Opens the cursor that the events come from. */
  private interface Watch<T> {
    MongoCursor<T> from(MongoCollection<Document> collection, BsonTimestamp start);
  }

  /** Reads an event, and gives its resume token. */
  interface Reader<T> {
    BsonDocument read(T event, Tally tally);
  }

  private final MongoCursor<T> cursor;
  private final Reader<T> reader;
  private final Tally tally;
  private final Memory memory = new Memory();

  private DriverLoop(MongoCursor<T> cursor, Reader<T> reader, Tally tally) {
    this.cursor = cursor;
    this.reader = reader;
    this.tally = tally;
  }

  /** What {@code for (ChangeStreamDocument<Document> change : collection.watch())} does. */
  static Opener documents(String uri, Reading reading) {
    return opener(
        uri,
        (collection, start) -> begin(collection.watch(), start).cursor(),
        (change, tally) -> {
          envelope(change, tally);
          if (reading == Reading.ONE_FIELD) {
            tally.total(body(change).getInteger("total"));
          }
          return change.getResumeToken();
        });
  }

  /** The same with {@code collection.watch(RawBsonDocument.class)}, where the body stays raw. */
  static Opener rawBodies(String uri, Reading reading) {
    return opener(
        uri,
        (collection, start) -> begin(collection.watch(RawBsonDocument.class), start).cursor(),
        (change, tally) -> {
          envelope(change, tally);
          if (reading == Reading.ONE_FIELD) {
            tally.total(body(change).getInt32("total").getValue());
          }
          return change.getResumeToken();
        });
  }

  /** By hand, over whole events that stay raw. */
  static Opener rawEvents(String uri, Reader<RawBsonDocument> reader) {
    return opener(
        uri,
        (collection, start) ->
            begin(collection.watch(), start).withDocumentClass(RawBsonDocument.class).cursor(),
        reader);
  }

  private static <D> ChangeStreamIterable<D> begin(
      ChangeStreamIterable<D> stream, BsonTimestamp start) {
    return stream.startAtOperationTime(start).maxAwaitTime(500, TimeUnit.MILLISECONDS);
  }

  private static void envelope(ChangeStreamDocument<?> change, Tally tally) {
    tally.event(
        change.getOperationType() == OperationType.INSERT,
        Objects.requireNonNull(change.getNamespace()).getCollectionName(),
        Objects.requireNonNull(change.getDocumentKey()).getInt32("_id").getValue(),
        Objects.requireNonNull(change.getClusterTime()).getValue());
  }

  private static <D> D body(ChangeStreamDocument<D> change) {
    return Objects.requireNonNull(change.getFullDocument());
  }

  private static <T> Opener opener(String uri, Watch<T> watch, Reader<T> reader) {
    MongoClient client = MongoClients.create(uri);
    return new Opener() {
      @Override
      public Loop open(Size size, BsonTimestamp start, Tally tally) {
        MongoCollection<Document> collection =
            client.getDatabase(size.database()).getCollection(size.collection());
        return new DriverLoop<>(watch.from(collection, start), reader, tally);
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }

  @Override
  public int handle() {
    memory.handled(reader.read(cursor.next(), tally));
    return 1;
  }

  @Override
  public String saved() {
    return memory.saved();
  }

  @Override
  public void close() {
    cursor.close();
  }
}
