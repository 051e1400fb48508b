package dev.perennial.cli.tail;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.cli.checkpoint.CheckpointLocation;
import dev.perennial.cli.checkpoint.LocationConverter;
import dev.perennial.cli.console.Addresses;
import dev.perennial.cli.console.CommandFailedException;
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
      "Prints the changes in a MongoDB replica set or sharded cluster, one per line.",
      "",
      "With @|bold --checkpoint|@ it resumes where it stopped. Without it, it begins at --from each time. Of several"
          + " with the same checkpoint, one prints and the others stand by for the time of --wait.",
      "",
      "Times are the server's, in UTC. A relative --from, such as -10m, counts from this machine's clock."
    },
    footer = {
      "",
      "Environment:",
      "  PERENNIAL_MONGODB_URI   the connection string, to keep it off the command line",
      "",
      "Exit status: 0 after --max events, 1 if failed, 2 for invalid arguments, 3 if the server requires other"
          + " credentials, 130 after Ctrl-C, 141 if the output was closed."
    })
final class TailMongoCommand implements Callable<Integer> {

  /** The environment variable for the connection string. */
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
          "What to watch: shop.orders for a collection, shop for a database, '*' for everything. Give it once"
              + " per collection.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private List<String> watch;

  @Option(
      names = "--pipeline",
      paramLabel = "FILE|JSON",
      converter = PipelineConverter.class,
      description =
          "Stages that filter and shape the events on the server: a JSON array, or a file that contains"
              + " one.")
  private @Nullable EventPipeline pipeline;

  @Option(
      names = "--full-document",
      description =
          "Also show the whole document of an update, as it is when the server looks it up.")
  private boolean fullDocument;

  @Option(
      names = "--before",
      description =
          "Also show the document before the change, if the collection keeps pre-images (MongoDB"
              + " 6.0).")
  private boolean before;

  @Option(
      names = "--from",
      paramLabel = "START",
      converter = StartConverter.class,
      description =
          "Where to begin: "
              + StartConverter.FORM
              + ". Overwrites a checkpoint. Default: the checkpoint, or now.")
  private @Nullable StartPosition from;

  @Option(
      names = "--checkpoint",
      paramLabel = "LOCATION",
      converter = LocationConverter.class,
      description =
          "Save the position of the printed events here, and resume there the next time: "
              + CheckpointLocation.FORM
              + ".")
  private @Nullable CheckpointLocation checkpoint;

  @Option(
      names = "--stream-id",
      paramLabel = "ID",
      description = "The name of the checkpoint (default: the value of --watch).")
  private @Nullable String streamId;

  @Option(names = "--json", description = "Print the events as relaxed extended JSON.")
  private boolean json;

  @Option(
      names = "--stats",
      description =
          "Print on stderr, every 5 s and at the end, the rate of events and their lag behind the cluster's"
              + " time.")
  private boolean stats;

  @Mixin private final TailOptions options = new TailOptions();

  @Override
  public Integer call() throws CommandFailedException, InterruptedException {
    options.check();
    if (streamId != null && streamId.isBlank()) {
      throw invalid("--stream-id must not be blank. It names the checkpoint.", null);
    }
    if (streamId != null && checkpoint == null) {
      throw invalid(
          "--stream-id needs --checkpoint LOCATION, because it names a checkpoint.", null);
    }
    String address = address();
    MongoSource source = source(address);
    try (CheckpointStore store = checkpoint == null ? null : checkpoint.open()) {
      return tail(
          source,
          Addresses.withoutSecrets(address),
          MongoAddress.hasCredentials(address),
          checkpoint == null || store == null
              ? null
              : new ClaimReportingStore(store, checkpoint, streamId(), System.err::println));
    }
  }

  private int tail(
      MongoSource source, String where, boolean credentials, @Nullable ClaimReportingStore claims)
      throws CommandFailedException, InterruptedException {
    Consumer<String> messages = System.err::println;
    MongoStatsReporter statsReporter =
        new MongoStatsReporter(source::clusterTime, System::nanoTime, messages);
    MongoFailureExplainer failures =
        new MongoFailureExplainer(where, credentials, Optional.ofNullable(claims));
    EventStream<ChangeEvent> stream =
        EventStream.from(source, checkpoints(claims))
            .listener(new TailStreamListener(where, DriverMessages::of, messages))
            .listener(statsReporter)
            .open();
    try (Tail<ChangeEvent> tail =
        new Tail<>(
            stream, json ? MongoLine::json : MongoLine::text, options.max(), true, messages)) {
      if (!stats) {
        return tail.run(options.timeout(), failures, batch -> {});
      }
      int status = tail.run(options.timeout(), failures, statsReporter::onBatch);
      statsReporter.reportTotals();
      return status;
    }
  }

  private Checkpoints checkpoints(@Nullable CheckpointStore store) {
    if (store != null) {
      Checkpoints checkpoints = Checkpoints.in(store, streamId());
      return from == null ? checkpoints : checkpoints.startAfresh();
    }
    // The statistics need saves, because they also tell progress without events.
    return stats
        ? Checkpoints.in(CheckpointStore.of(id -> Optional.empty(), (id, saved) -> {}), streamId())
        : Checkpoints.none();
  }

  private MongoSource source(String address) {
    try {
      MongoSourceBuilder source =
          MongoSource.builder(MongoAddress.withSelectionTimeout(address, options.timeout()))
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
      throw invalid(String.valueOf(e.getMessage()), e);
    }
  }

  private String address() {
    String address = uri == null ? System.getenv(URI) : uri;
    if (address == null || address.isEmpty()) {
      throw invalid("Missing URI of MongoDB. Give it, or set " + URI + ".", null);
    }
    return address;
  }

  private String streamId() {
    return streamId == null ? String.join(" ", watch) : streamId;
  }

  private ParameterException invalid(String message, @Nullable Throwable cause) {
    return new ParameterException(spec.commandLine(), message, cause);
  }
}
