package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.server.FailPoint;
import dev.perennial.simulators.mongo.server.Member;
import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.wire.ClientConnection;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import dev.perennial.simulators.mongo.wire.Request;
import dev.perennial.simulators.mongo.wire.RequestHandler;
import dev.perennial.simulators.mongo.wire.WireVersions;
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

/** Finds the command for a request, runs it on one member, and completes the answer. */
public final class Dispatcher implements RequestHandler {

  private static final Map<String, Command> COMMANDS = commands();

  private final ReplicaSet set;
  private final Member member;
  private final CommandInterceptor interceptor;

  public Dispatcher(ReplicaSet set, Member member, CommandInterceptor interceptor) {
    this.set = set;
    this.member = member;
    this.interceptor = interceptor;
  }

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

  @Override
  public Answer answer(ClientConnection connection, Request request) throws IOException {
    Call call = new Call(set, member, connection, request);
    interceptor.received(call);
    return set.lock().locked(() -> heldWhilePaused(call, run(call)));
  }

  @Override
  public Answer answerAgain(ClientConnection connection, Request request) throws IOException {
    Call call = new Call(set, member, connection, request);
    return set.lock()
        .locked(
            () -> heldWhilePaused(call, new Answer(HelloCommands.next(call), footer(true), true)));
  }

  /** Holds an answer back while the member is paused. */
  private Answer heldWhilePaused(Call call, Answer answer) throws IOException {
    call.await(Long.MAX_VALUE, () -> !member.isPaused());
    return answer;
  }

  private Answer run(Call call) throws IOException {
    try {
      call.await(Long.MAX_VALUE, () -> !member.isPaused());
      Reply instead = interceptor.intercept(call);
      if (instead != null) {
        return new Answer(instead, footer(true), false);
      }
      FailPoint failPoint = set.failPoint();
      if (failPoint != null && failPoint.hits(call.request(), call.connection().application())) {
        call.awaitMillis(failPoint.blockMillis(), () -> false);
        failPoint.fail();
      }
      Command command = COMMANDS.get(call.request().name().toLowerCase(Locale.ROOT));
      if (command == null) {
        throw new CommandError(59, "no such command: '" + call.request().name() + "'");
      }
      set.accessControl().check(call.request());
      Reply reply = command.run(call);
      return new Answer(reply, footer(true), HelloCommands.streams(call.request()));
    } catch (BsonInvalidOperationException e) {
      return failure(call, new CommandError(14, "A field has the wrong type: " + e.getMessage()));
    } catch (IllegalArgumentException | IllegalStateException e) {
      return failure(call, new CommandError(1, "The scripted replica set failed: " + e));
    } catch (CommandError e) {
      return failure(call, e);
    }
  }

  private Answer failure(Call call, CommandError error) {
    return new Answer(Reply.of(errorReply(call.request(), error)), footer(false), false);
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
