package dev.perennial.benchmarks.mongo;

import com.mongodb.client.model.changestream.ChangeStreamDocument;
import dev.perennial.benchmarks.measure.Client;
import dev.perennial.benchmarks.measure.Contender;
import java.util.Objects;
import java.util.function.Function;
import org.bson.Document;
import org.bson.RawBsonDocument;

/** The clients of a change stream that are compared. */
public enum MongoContender implements Contender {
  RAW(
      "**Perennial** `next()`, event left raw",
      Role.OURS,
      watched -> new StreamClient(watched, StreamClient.next(StreamClient::id))),
  RAW_POLL(
      "**Perennial** `poll(500)`, event left raw",
      Role.OURS,
      watched -> new StreamClient(watched, StreamClient.poll(StreamClient::id))),
  DOCUMENT(
      "**Perennial** `next()`, as `Document`",
      Role.OURS,
      watched -> new StreamClient(watched, StreamClient.next(StreamClient::document))),
  POJO(
      "**Perennial** `next()`, as a record",
      Role.OURS,
      watched -> new StreamClient(watched, StreamClient.next(StreamClient::pojo))),
  DRIVER(
      "driver, `ChangeStreamDocument<Document>`",
      Role.PEER,
      watched ->
          new DriverClient<>(
              watched,
              collection -> collection.watch(Document.class),
              stream -> stream.cursor(),
              change -> body(change).getInteger("total"),
              ChangeStreamDocument::getResumeToken)),
  DRIVER_RAW(
      "driver, event as `RawBsonDocument`",
      Role.PEER,
      watched ->
          new DriverClient<>(
              watched,
              collection -> collection.watch(Document.class),
              stream -> stream.withDocumentClass(RawBsonDocument.class).cursor(),
              event -> Order.total(event.getDocument("documentKey").getInt32("_id").getValue()),
              event -> event.getDocument("_id"))),
  DRIVER_POJO(
      "driver, `ChangeStreamDocument` of a record",
      Role.PEER,
      watched ->
          new DriverClient<>(
              watched,
              collection -> collection.watch(Order.class),
              stream -> stream.cursor(),
              change -> body(change).total(),
              ChangeStreamDocument::getResumeToken)),
  SPRING("Spring Data's listener container, as a record", Role.PEER, SpringClient::new);

  private final String title;
  private final Role role;

  @SuppressWarnings("ImmutableEnumChecker") // A function without a state.
  private final Function<Watched, Client> opener;

  MongoContender(String title, Role role, Function<Watched, Client> opener) {
    this.title = title;
    this.role = role;
    this.opener = opener;
  }

  private static <T> T body(ChangeStreamDocument<T> change) {
    return Objects.requireNonNull(change.getFullDocument());
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public Role role() {
    return role;
  }

  @Override
  public Client open(String server) {
    return opener.apply(Watched.parse(server));
  }
}
