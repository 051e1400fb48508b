package dev.perennial.simulators.mongo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt64;
import org.bson.BsonInvalidOperationException;

/** Finds the command for a request, runs it with the faults that hit it, and completes answers. */
final class Dispatcher {

  private static final Map<String, Command> COMMANDS = commands();

  private final ReplicaSet set;
  private final Member member;

  Dispatcher(ReplicaSet set, Member member) {
    this.set = set;
    this.member = member;
  }

  /**
   * What goes back.
   *
   * @param streams whether the answer may be followed by others
   * @param garbage whether it is no answer at all
   */
  record Answer(Reply reply, BsonDocument footer, boolean streams, boolean garbage) {}

  private static Map<String, Command> commands() {
    Map<String, Command> all = new HashMap<>();
    HelloCommands.register(all);
    CursorCommands.register(all);
    WatchCommand.register(all);
    QueryCommands.register(all);
    WriteCommands.register(all);
    CollectionCommands.register(all);
    ServerCommands.register(all);
    Map<String, Command> byLowerCase = new HashMap<>();
    all.forEach((name, command) -> byLowerCase.put(name.toLowerCase(Locale.ROOT), command));
    return byLowerCase;
  }

  Answer run(ClientConnection connection, Request request) throws IOException {
    ReceivedCommand received =
        new ReceivedCommand(
            request.name(),
            request.database(),
            request.command(),
            connection.number(),
            member.index());
    set.observations.note(received);
    Call call = new Call(set, member, connection, request);
    set.lock.lock();
    try {
      Answer answer = answer(call, received);
      call.await(Long.MAX_VALUE, () -> !member.isPaused());
      return answer;
    } finally {
      set.lock.unlock();
    }
  }

  /** The next answer to a hello that is answered again and again. */
  Answer next(ClientConnection connection, Request request) throws IOException {
    Call call = new Call(set, member, connection, request);
    set.lock.lock();
    try {
      Answer answer = new Answer(HelloCommands.next(call), footer(true), true, false);
      call.await(Long.MAX_VALUE, () -> !member.isPaused());
      return answer;
    } finally {
      set.lock.unlock();
    }
  }

  private Answer answer(Call call, ReceivedCommand received) throws IOException {
    try {
      call.await(Long.MAX_VALUE, () -> !member.isPaused());
      Fault fault = set.faults.hitting(received);
      if (fault != null) {
        FaultSpec spec = fault.spec();
        if (spec instanceof FaultSpec.Garbage) {
          return new Answer(Reply.ok(), new BsonDocument(), false, true);
        } else if (spec instanceof FaultSpec.Close) {
          throw new IOException("A fault closes the connection.");
        } else if (spec instanceof FaultSpec.ErrorReply error) {
          throw new CommandError(error.code(), error.message(), error.labels());
        } else if (spec instanceof FaultSpec.Block block) {
          call.await(block.time().toNanos(), fault::isRemoved);
        }
      }
      FailPoint failPoint = set.failPoint();
      if (failPoint != null) {
        failPoint.apply(call);
      }
      Command command = COMMANDS.get(call.request().name().toLowerCase(Locale.ROOT));
      if (command == null) {
        throw new CommandError(59, "no such command: '" + call.request().name() + "'");
      }
      Authentication.check(call);
      Reply reply = command.run(call);
      return new Answer(reply, footer(true), HelloCommands.streams(call.request()), false);
    } catch (BsonInvalidOperationException e) {
      CommandError wrong = new CommandError(14, "A field has the wrong type: " + e.getMessage());
      return new Answer(Reply.of(errorReply(call.request(), wrong)), footer(false), false, false);
    } catch (IllegalArgumentException | IllegalStateException e) {
      CommandError own = new CommandError(1, "The scripted replica set failed: " + e);
      return new Answer(Reply.of(errorReply(call.request(), own)), footer(false), false, false);
    } catch (CommandError e) {
      return new Answer(Reply.of(errorReply(call.request(), e)), footer(false), false, false);
    }
  }

  private BsonDocument errorReply(Request request, CommandError error) {
    List<String> labels = new ArrayList<>(error.labels());
    String retryable = ErrorLabels.ofRealError(error, request, set.settings().wireVersion());
    if (retryable != null && !labels.contains(retryable)) {
      labels.add(retryable);
    }
    BsonDocument reply = error.toReply(labels);
    if (ErrorLabels.namesTopology(error.code())
        && set.settings().wireVersion() >= WireVersions.V4_4) {
      reply.put("topologyVersion", HelloCommands.topologyVersion(set, member));
    }
    return reply;
  }

  private BsonDocument footer(boolean ok) {
    BsonDocument footer = new BsonDocument();
    if (ok) {
      footer.put("ok", new BsonDouble(1));
    }
    if (!set.settings().standalone()) {
      BsonDocument signature =
          new BsonDocument("hash", new BsonBinary(new byte[20])).append("keyId", new BsonInt64(0));
      footer.put(
          "$clusterTime",
          new BsonDocument("clusterTime", set.clock().now()).append("signature", signature));
      footer.put("operationTime", set.oplog().lastTime());
    }
    return footer;
  }
}
