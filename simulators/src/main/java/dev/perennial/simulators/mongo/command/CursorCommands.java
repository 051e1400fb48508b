package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.query.ServerCursor;
import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** The commands that read and close cursors of any kind. */
final class CursorCommands {

  /** The size of the first batch if the client gives none, in documents. */
  private static final int FIRST_BATCH = 101;

  /** How long an empty getMore waits if the client does not say, in milliseconds. */
  private static final long DEFAULT_WAIT = 1_000;

  private static final String IN_GET_MORE = "Executor error during getMore";

  private CursorCommands() {}

  static void register(Map<String, Command> all) {
    all.put("getMore", CursorCommands::getMore);
    all.put("killCursors", CursorCommands::killCursors);
  }

  private static Reply getMore(Call call) throws IOException {
    BsonDocument command = call.request().command();
    ReplicaSet set = call.set();
    long id = command.getNumber("getMore").longValue();
    ServerCursor cursor = set.cursors().find(new ServerCursor.Key(id, call.member().index()));
    if (cursor == null) {
      throw notFound(id);
    }
    if (!set.cursors().pin(cursor)) {
      throw new CommandError(143, "cursor id " + id + " is already in use");
    }
    try {
      return more(call, cursor, batchSize(command, Integer.MAX_VALUE));
    } catch (CommandError | IOException e) {
      // The server closes a cursor that failed, and one whose client left while it waited.
      set.cursors().remove(cursor.key());
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
    boolean stalls = cursor.waits() && set.cursors().takeStall();
    // Older servers, as measured on 4.4, notice only at the end of the wait that the cursor was
    // killed; newer ones interrupt the wait.
    boolean interrupted = set.settings().wireVersion() >= WireVersions.V7_0;
    call.awaitMillis(
        wait,
        () -> {
          if (!set.cursors().isOpen(cursor)) {
            return interrupted;
          }
          if (!stalls) {
            batch.addAll(next(cursor, limit, IN_GET_MORE));
          }
          return !batch.isEmpty() || cursor.ended();
        });
    if (!set.cursors().isOpen(cursor)) {
      throw new CommandError(237, "operation was interrupted because its cursor was killed");
    }
    return reply(set, cursor, batch, false);
  }

  /**
   * The next batch.
   *
   * @param where the operation that an error message names
   */
  static List<byte[]> next(ServerCursor cursor, int limit, String where) {
    try {
      return cursor.next(limit);
    } catch (CommandError e) {
      throw new CommandError(e.code(), where + " :: caused by :: " + e.getMessage());
    }
  }

  /** Replies with a batch, and keeps the cursor unless it has ended. */
  static Reply reply(ReplicaSet set, ServerCursor cursor, List<byte[]> batch, boolean first) {
    BsonDocument token = cursor.postBatchToken();
    if (cursor.ended()) {
      set.cursors().remove(cursor.key());
      return new Reply.Batch(first, batch, 0, cursor.namespace(), token);
    }
    set.cursors().keep(cursor);
    return new Reply.Batch(first, batch, cursor.key().id(), cursor.namespace(), token);
  }

  private static Reply killCursors(Call call) {
    BsonArray killed = new BsonArray();
    BsonArray missing = new BsonArray();
    ReplicaSet set = call.set();
    // Wakes a getMore that waits.
    set.lock()
        .change(() -> {
          for (BsonValue cursor : call.request().command().getArray("cursors")) {
            long id = cursor.asNumber().longValue();
            boolean removed = set.cursors().remove(new ServerCursor.Key(id, call.member().index()));
            (removed ? killed : missing).add(new BsonInt64(id));
          }
        });
    return Reply.of(
        new BsonDocument("cursorsKilled", killed)
            .append("cursorsNotFound", missing)
            .append("cursorsAlive", new BsonArray())
            .append("cursorsUnknown", new BsonArray()));
  }

  /** How many documents the first batch has. */
  static int firstBatchSize(BsonDocument options) {
    return batchSize(options, FIRST_BATCH);
  }

  /** The requested batch size; a getMore's 0 means the default. */
  private static int batchSize(BsonDocument options, int otherwise) {
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
