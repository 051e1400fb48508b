package dev.perennial.cli.tail;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.cli.checkpoint.CheckpointLocation;
import dev.perennial.cli.checkpoint.LocationConverter;
import dev.perennial.cli.checkpoint.ManagedStore;
import dev.perennial.cli.console.Addresses;
import dev.perennial.cli.console.Failure;
import dev.perennial.port.CheckpointStore;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StartPosition;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code perennial tail mongo} */
@Command(
    name = "mongo",
    description = {
      "Prints the changes in a MongoDB replica set or sharded cluster, one a line.",
      "",
      "With @|bold --checkpoint|@ it goes on where it stopped; without, it begins at --from each time. Of"
          + " several with the same checkpoint one prints, and the others stand by for as long as --wait says.",
      "",
      "Times are the server's, in UTC; a --from before now counts from this machine's clock."
    },
    footer = {
      "",
      "Environment:",
      "  PERENNIAL_MONGODB_URI   the connection string, if it is not to stand on the command line",
      "",
      "Exit status: 0 after --max events, 1 if it failed, 2 for wrong arguments, 3 if the server wants"
          + " a user and a password or others, 130"
          + " after Ctrl-C, 141 if nobody reads the output any more."
    })
final class TailMongoCommand implements Callable<Integer> {

  /** Which environment variable may have the connection string. */
  static final String URI = "PERENNIAL_MONGODB_URI";

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "URI",
      description =
          "The connection string, for example mongodb://localhost:27017 or mongodb+srv://…")
  private @Nullable String uri;

  @Option(
      names = "--watch",
      paramLabel = "NAME",
      required = true,
      converter = WatchConverter.class,
      description =
          "What to watch: shop.orders for a collection, shop for a database, '*' for everything. Several"
              + " times for several collections.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private List<String> watch;

  @Option(
      names = "--pipeline",
      paramLabel = "FILE|JSON",
      converter = PipelineConverter.class,
      description =
          "Stages that choose and shape the events on the server, as a JSON array or in a file that has"
              + " one.")
  private @Nullable EventPipeline pipeline;

  @Option(
      names = "--full-document",
      description = "Show of updates the whole document too, as it is when the server looks it up.")
  private boolean fullDocument;

  @Option(
      names = "--before",
      description =
          "Show the document before the change too, where the collection keeps pre-images (MongoDB"
              + " 6.0).")
  private boolean before;

  @Option(
      names = "--from",
      paramLabel = "START",
      converter = StartConverter.class,
      description =
          "Where to begin: "
              + StartConverter.FORM
              + ". Overrides and overwrites a checkpoint. Without it, and without a checkpoint: now.")
  private @Nullable StartPosition from;

  @Option(
      names = "--checkpoint",
      paramLabel = "LOCATION",
      converter = LocationConverter.class,
      description =
          "Remember what was printed, and go on there the next time: "
              + CheckpointLocation.FORM
              + ".")
  private @Nullable CheckpointLocation checkpoint;

  @Option(
      names = "--stream-id",
      paramLabel = "ID",
      description = "Under which name to remember it (default: what --watch says).")
  private @Nullable String streamId;

  @Option(names = "--json", description = "Print the events as relaxed extended JSON.")
  private boolean json;

  @Option(
      names = "--stats",
      description =
          "Say on stderr, every 5 s and at the end, how many events come and how far they are behind the"
              + " cluster's time.")
  private boolean stats;

  @Mixin private final TailOptions options = new TailOptions();

  @Override
  public Integer call() throws Failure, InterruptedException {
    options.check();
    if (streamId != null && streamId.isBlank()) {
      throw wrong("--stream-id must not be blank: it names the checkpoint", null);
    }
    if (streamId != null && checkpoint == null) {
      throw wrong("--stream-id names a checkpoint, so it needs --checkpoint LOCATION too", null);
    }
    String address = address();
    MongoSource source = source(address);
    try (ManagedStore store = checkpoint == null ? null : checkpoint.open()) {
      return tail(
          source,
          Addresses.withoutSecrets(address),
          MongoAddress.hasCredentials(address),
          checkpoint == null || store == null
              ? null
              : new ClaimWatch(store.store(), checkpoint, streamId(), System.err::println));
    }
  }

  private int tail(
      MongoSource source, String where, boolean credentials, @Nullable ClaimWatch claims)
      throws Failure, InterruptedException {
    Consumer<String> notes = System.err::println;
    MongoStats figures = new MongoStats(source::clusterTime, System::nanoTime, notes);
    MongoFailures failures = new MongoFailures(where, credentials, Optional.ofNullable(claims));
    EventStream<ChangeEvent> stream =
        EventStream.from(source, checkpoints(claims))
            .listener(new ConnectionNotes(where, DriverWords::of, notes))
            .listener(figures)
            .open();
    try (Tail<ChangeEvent> tail =
        new Tail<>(stream, json ? MongoLine::json : MongoLine::text, options.max(), true, notes)) {
      if (!stats) {
        return tail.run(options.patience(), failures, batch -> {});
      }
      int status = tail.run(options.patience(), failures, figures::saw);
      figures.end();
      return status;
    }
  }

  private Checkpoints checkpoints(@Nullable CheckpointStore store) {
    if (store != null) {
      Checkpoints checkpoints = Checkpoints.in(store, streamId());
      return from == null ? checkpoints : checkpoints.startAfresh();
    }
    // For its figures: saves are how a stream tells of progress without events.
    return stats
        ? Checkpoints.in(CheckpointStore.of(id -> Optional.empty(), (id, saved) -> {}), streamId())
        : Checkpoints.none();
  }

  private MongoSource source(String address) {
    try {
      MongoSourceBuilder source =
          MongoSource.builder(MongoAddress.impatient(address, options.patience()))
              .watch(Scope.parse(watch.toArray(String[]::new)));
      if (pipeline != null) {
        source.pipeline(pipeline.stages());
      }
      if (fullDocument) {
        source.fullDocument(FullDocument.UPDATE_LOOKUP);
      }
      if (before) {
        source.fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE);
      }
      if (from != null) {
        source.startAt(from);
      }
      return source.build();
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()), e);
    }
  }

  private String address() {
    String address = uri == null ? System.getenv(URI) : uri;
    if (address == null || address.isEmpty()) {
      throw wrong("Say which MongoDB: give a URI, or set " + URI, null);
    }
    return address;
  }

  private String streamId() {
    return streamId == null ? String.join(" ", watch) : streamId;
  }

  private ParameterException wrong(String message, @Nullable Throwable cause) {
    return new ParameterException(spec.commandLine(), message, cause);
  }
}
