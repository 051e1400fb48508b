package dev.perennial.benchmarks.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import dev.perennial.benchmarks.measure.ChildProcess;
import dev.perennial.benchmarks.measure.Contender;
import dev.perennial.benchmarks.measure.ContenderProcess;
import dev.perennial.benchmarks.measure.Trial;
import dev.perennial.benchmarks.measure.Usage;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;

/**
 * Clients of one change stream, of a scripted replica set in a process of its own or of a real one.
 * In a real one it creates a database, and drops it at the end.
 */
public final class MongoTrial implements Trial, AutoCloseable {

  private static final int COLD = 200_000;
  private static final int INSERTED_AT_ONCE = 1_000;

  /** A batch holds as many events as fit into it, if a client asks for no fewer. */
  private static final int BATCH_BYTES = 16 * 1024 * 1024;

  private static final int NAMES = 1 << 24;

  private final MongoSize size;
  private final List<Contender> contenders;
  private final int events;
  private final Optional<ChildProcess> simulator;
  private final MongoClient client;
  private final String database;
  private final Watched watched;
  private final int eventBytes;

  /**
   * Starts the scripted server, unless another is given, and inserts what is watched.
   *
   * @param uri of a real replica set
   * @param events how many are measured in a round
   */
  public MongoTrial(MongoSize size, List<Contender> contenders, Optional<String> uri, int events)
      throws IOException {
    this.size = size;
    this.contenders = List.copyOf(contenders);
    this.events = events;
    // Always as long, because the name is a part of each event.
    this.database = String.format(Locale.ROOT, "perennial_bench_%06x", new Random().nextInt(NAMES));
    String collection = "orders_" + size.name().toLowerCase(Locale.ROOT);
    int count = Math.min(size.available, events);
    if (uri.isPresent()) {
      this.simulator = Optional.empty();
      this.client = MongoClients.create(uri.get());
      this.watched = new Watched(uri.get(), database, collection, insert(collection, count), count);
    } else {
      ChildProcess server =
          new ChildProcess(
              "the server",
              List.of("-Xmx3g", "-XX:+UseParallelGC"),
              MongoServerProcess.class,
              database + '.' + collection,
              Integer.toString(count),
              Integer.toString(size.lines));
      this.simulator = Optional.of(server);
      String[] answer = server.readLine().split(" ", -1);
      this.client = MongoClients.create(answer[0]);
      this.watched =
          new Watched(
              answer[0], database, collection, new BsonTimestamp(Long.parseLong(answer[1])), count);
    }
    this.eventBytes = eventBytes();
    if (size.isPaced() && simulator.isPresent()) {
      simulator.get().ask(Integer.toString(Math.min(watched.count(), BATCH_BYTES / eventBytes)));
    }
  }

  /** Inserts orders into a real server, and returns the time before. */
  private BsonTimestamp insert(String collection, int count) {
    BsonTimestamp start =
        client
            .getDatabase("admin")
            .runCommand(new Document("ping", 1), BsonDocument.class)
            .getTimestamp("operationTime");
    MongoCollection<BsonDocument> orders =
        client.getDatabase(database).getCollection(collection, BsonDocument.class);
    for (int from = 0; from < count; from += INSERTED_AT_ONCE) {
      orders.insertMany(
          Order.documents(from, Math.min(count, from + INSERTED_AT_ONCE), size.lines));
    }
    return start;
  }

  private int eventBytes() {
    try (MongoCursor<RawBsonDocument> cursor =
        client
            .getDatabase(database)
            .getCollection(watched.collection())
            .watch()
            .startAtOperationTime(watched.start())
            .withDocumentClass(RawBsonDocument.class)
            .cursor()) {
      return cursor.next().getByteLength();
    }
  }

  @Override
  public String name() {
    return "mongo-" + size.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String title() {
    return String.format(
        Locale.ROOT,
        "MongoDB, events of %,d B%s%s",
        eventBytes,
        simulator.isPresent() ? "" : ", a real server",
        size.isPaced() && simulator.isPresent()
            ? String.format(Locale.ROOT, ", %,d a second", MongoSize.PACED_EVENTS_PER_SECOND)
            : "");
  }

  @Override
  public List<Contender> contenders() {
    return contenders;
  }

  @Override
  public Contender reference() {
    return MongoContender.DRIVER;
  }

  @Override
  public List<Integer> warmUps() {
    int cold = Math.min(COLD, watched.count());
    return size.isPaced() ? List.of(cold / 2) : List.of(cold, events);
  }

  @Override
  public int events() {
    return events;
  }

  @Override
  public String server() {
    return watched.text();
  }

  @Override
  public Usage run(Contender contender, ContenderProcess process, int count) throws IOException {
    Usage usage = process.read(count);
    long expected =
        count / watched.count() * Order.totals(watched.count())
            + Order.totals(count % watched.count());
    if (usage.checksum() != expected) {
      throw new IOException("the handler did not read what was inserted");
    }
    return usage;
  }

  @Override
  public void close() throws IOException {
    if (simulator.isPresent()) {
      client.close();
      simulator.get().close();
    } else {
      client.getDatabase(database).drop();
      client.close();
    }
  }
}
