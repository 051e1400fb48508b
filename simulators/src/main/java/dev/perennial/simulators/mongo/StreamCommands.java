package dev.perennial.simulators.mongo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** Opening, reading and closing cursors. */
final class StreamCommands {

  /** How many documents the first batch has when nothing is said. */
  private static final int FIRST_BATCH = 101;

  /** How long an empty getMore waits when nothing is said, in milliseconds. */
  private static final long DEFAULT_WAIT = 1_000;

  private static final String IN_AGGREGATE = "PlanExecutor error during aggregation";
  private static final String IN_GET_MORE = "Executor error during getMore";

  private StreamCommands() {}

  static void register(Map<String, Command> all) {
    all.put("aggregate", StreamCommands::aggregate);
    all.put("getMore", StreamCommands::getMore);
    all.put("killCursors", StreamCommands::killCursors);
  }

  private static Reply aggregate(Call call) {
    if (!ErrorLabels.isChangeStream(call.request())) {
      return QueryCommands.aggregate(call);
    }
    QueryCommands.refuseOnSecondary(call);
    BsonDocument command = call.request().command();
    ReplicaSet set = call.set();
    BsonValue target = command.get("aggregate");
    String collection = target != null && target.isString() ? target.asString().getValue() : null;
    int wireVersion = set.settings().wireVersion();
    List<BsonValue> stages = new ArrayList<>(command.getArray("pipeline"));
    BsonValue first = Objects.requireNonNull(stages.remove(0).asDocument().get("$changeStream"));
    BsonTimestamp now = ClusterClock.plusOne(set.oplog().lastTime());
    if (set.settings().standalone()) {
      throw new CommandError(40573, "The $changeStream stage is only supported on replica sets");
    }
    refuseReadConcern(command);
    StreamSpec spec =
        StreamSpec.parse(first, call.request().database(), collection, wireVersion, now);
    refuseView(set, spec.scope());
    Pipeline pipeline = Pipeline.parse(stages, wireVersion);
    if (spec.resume() != null && spec.resume().fragment() >= 0 && !pipeline.splits()) {
      throw new CommandError(
          280,
          "To resume from a split event, the $changeStream pipeline must include a"
              + " $changeStreamSplitLargeEvent stage");
    }
    StreamCursor cursor = open(call, spec, pipeline);
    int limit = batchSize(command.getDocument("cursor", new BsonDocument()), FIRST_BATCH);
    return reply(set, cursor, next(cursor, limit, IN_AGGREGATE), true);
  }

  private static StreamCursor open(Call call, StreamSpec spec, Pipeline pipeline) {
    ReplicaSet set = call.set();
    int wireVersion = set.settings().wireVersion();
    int tokenVersion = wireVersion >= WireVersions.V6_1 || pipeline.splits() ? 2 : 1;
    return set.cursors()
        .create(id ->
            new StreamCursor(
                id,
                call.member().index(),
                spec,
                pipeline,
                new EventEncoder(spec, wireVersion, tokenVersion, new StoredImages(set)),
                new Splitter(set.settings().maxEventSize()),
                set.oplog(),
                wireVersion,
                set.settings().scanChecksStart()));
  }

  private static void refuseReadConcern(BsonDocument command) {
    BsonDocument concern = command.getDocument("readConcern", new BsonDocument());
    String level = Dispatcher.text(concern, "level");
    if (level != null && !level.equals("majority")) {
      throw new CommandError(
          72,
          "$changeStream cannot run with a readConcern other than 'majority', or in a"
              + " multi-document transaction. Current readConcern: "
              + concern.toJson());
    }
  }

  private static void refuseView(ReplicaSet set, StreamScope scope) {
    if (scope.database() != null && scope.collection() != null) {
      Namespace namespace = Namespace.of(scope.database(), scope.collection());
      CollectionState state = set.catalog().find(namespace);
      if (state != null && state.isView()) {
        throw new CommandError(166, "$changeStream is not supported on views");
      }
    }
  }

  private static Reply getMore(Call call) throws IOException {
    BsonDocument command = call.request().command();
    ReplicaSet set = call.set();
    long id = command.getNumber("getMore").longValue();
    ServerCursor cursor = set.cursors().find(id, call.member().index());
    if (cursor == null) {
      throw notFound(id);
    }
    if (!set.cursors().pin(cursor)) {
      throw new CommandError(143, "cursor id " + id + " is already in use");
    }
    try {
      return more(call, cursor, batchSize(command, Integer.MAX_VALUE));
    } catch (CommandError | IOException e) {
      // A cursor that failed is gone, and so is one whose client went away while it waited.
      set.cursors().remove(id, cursor.member());
      throw e;
    } finally {
      set.cursors().unpin(cursor);
    }
  }

  private static Reply more(Call call, ServerCursor cursor, int limit) throws IOException {
    ReplicaSet set = call.set();
    BsonDocument command = call.request().command();
    long wait =
        !cursor.waits()
            ? 0
            : command.containsKey("maxTimeMS")
                ? command.getNumber("maxTimeMS").longValue()
                : DEFAULT_WAIT;
    List<byte[]> batch = new ArrayList<>();
    call.awaitMillis(
        wait,
        () -> {
          if (set.cursors().isOpen(cursor)) {
            batch.addAll(next(cursor, limit, IN_GET_MORE));
          }
          return !batch.isEmpty() || cursor.ended();
        });
    if (!set.cursors().isOpen(cursor)) {
      throw new CommandError(237, "operation was interrupted because its cursor was killed");
    }
    return reply(set, cursor, batch, false);
  }

  private static List<byte[]> next(ServerCursor cursor, int limit, String where) {
    try {
      return cursor.next(limit);
    } catch (CommandError e) {
      throw new CommandError(e.code(), where + " :: caused by :: " + e.getMessage());
    }
  }

  /** Answers with a batch, and keeps the cursor or forgets it. */
  static Reply reply(ReplicaSet set, ServerCursor cursor, List<byte[]> batch, boolean first) {
    BsonDocument token = cursor.postBatchToken();
    if (cursor.ended()) {
      set.cursors().remove(cursor.id(), cursor.member());
      return new Reply.Batch(first, batch, 0, cursor.namespace(), token);
    }
    set.cursors().keep(cursor);
    return new Reply.Batch(first, batch, cursor.id(), cursor.namespace(), token);
  }

  private static Reply killCursors(Call call) {
    BsonArray killed = new BsonArray();
    BsonArray missing = new BsonArray();
    for (BsonValue cursor : call.request().command().getArray("cursors")) {
      long id = cursor.asNumber().longValue();
      boolean removed = call.set().cursors().remove(id, call.member().index());
      (removed ? killed : missing).add(new BsonInt64(id));
    }
    return Reply.of(
        new BsonDocument("cursorsKilled", killed)
            .append("cursorsNotFound", missing)
            .append("cursorsAlive", new BsonArray())
            .append("cursorsUnknown", new BsonArray()));
  }

  /** The batch size asked for; a getMore's 0 means what leaving it out means. */
  static int batchSize(BsonDocument options, int otherwise) {
    @Nullable BsonValue size = options.get("batchSize");
    if (size == null || !size.isNumber()) {
      return otherwise;
    }
    int wanted = size.asNumber().intValue();
    return wanted == 0 && otherwise == Integer.MAX_VALUE ? otherwise : wanted;
  }

  private static CommandError notFound(long id) {
    return new CommandError(43, "cursor id " + id + " not found");
  }
}
