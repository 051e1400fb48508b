package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.changes.EventEncoder;
import dev.perennial.simulators.mongo.changes.EventSplitter;
import dev.perennial.simulators.mongo.changes.Images;
import dev.perennial.simulators.mongo.changes.Pipeline;
import dev.perennial.simulators.mongo.changes.StreamCursor;
import dev.perennial.simulators.mongo.changes.StreamScope;
import dev.perennial.simulators.mongo.changes.StreamSpec;
import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.storage.ClusterClock;
import dev.perennial.simulators.mongo.storage.CollectionState;
import dev.perennial.simulators.mongo.storage.Namespace;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/** An aggregate whose first stage is {@code $changeStream}. */
final class WatchCommand {

  private static final String IN_AGGREGATE = "PlanExecutor error during aggregation";

  private WatchCommand() {}

  static void register(Map<String, Command> all) {
    all.put("aggregate", WatchCommand::aggregate);
  }

  private static Reply aggregate(Call call) {
    if (!ErrorLabels.isChangeStream(call.request())) {
      return QueryCommands.aggregate(call);
    }
    call.requireReadable();
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
    int limit =
        set.cursors().takeStall()
            ? 0
            : CursorCommands.firstBatchSize(command.getDocument("cursor", new BsonDocument()));
    return CursorCommands.reply(
        set, cursor, CursorCommands.next(cursor, limit, IN_AGGREGATE), true);
  }

  private static StreamCursor open(Call call, StreamSpec spec, Pipeline pipeline) {
    ReplicaSet set = call.set();
    int wireVersion = set.settings().wireVersion();
    int tokenVersion = wireVersion >= WireVersions.V6_1 || pipeline.splits() ? 2 : 1;
    return set.cursors()
        .create(
            call.member().index(),
            key ->
                new StreamCursor(
                    key,
                    pipeline,
                    new EventEncoder(
                        spec, wireVersion, tokenVersion, new Images(set.catalog(), set.oplog())),
                    new EventSplitter(set.settings().maxEventSize()),
                    set.oplog(),
                    set.settings().scanChecksStart()));
  }

  private static void refuseReadConcern(BsonDocument command) {
    BsonDocument concern = command.getDocument("readConcern", new BsonDocument());
    String level = BsonValues.text(concern, "level");
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
}
