package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.server.Election;
import dev.perennial.simulators.mongo.server.Member;
import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.server.ReplicaSetSettings;
import dev.perennial.simulators.mongo.wire.MessageReader;
import dev.perennial.simulators.mongo.wire.Reply;
import dev.perennial.simulators.mongo.wire.Request;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.io.IOException;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;

/** The command {@code hello} and its older name, which describe a member to clients. */
final class HelloCommands {

  private HelloCommands() {}

  static void register(Map<String, Command> all) {
    all.put("hello", HelloCommands::hello);
    all.put("isMaster", HelloCommands::hello);
  }

  /** Whether a request is a hello that is answered again whenever the topology changes. */
  static boolean streams(Request request) {
    String name = request.name();
    return (name.equals("hello") || name.equalsIgnoreCase("isMaster"))
        && request.command().containsKey("maxAwaitTimeMS");
  }

  private static Reply hello(Call call) throws IOException {
    BsonDocument command = call.request().command();
    BsonValue client = command.get("client");
    if (client != null && client.isDocument() && client.asDocument().isDocument("application")) {
      String name = BsonValues.text(client.asDocument().getDocument("application"), "name");
      call.connection().setApplication(name == null ? "" : name);
    }
    if (streams(call.request()) && command.isDocument("topologyVersion")) {
      BsonDocument known = command.getDocument("topologyVersion");
      if (known.equals(topologyVersion(call.set(), call.member()))) {
        awaitChange(call, known);
      }
    }
    return Reply.of(describe(call));
  }

  /** Answers a hello again, once the topology changed or its time is over. */
  static Reply next(Call call) throws IOException {
    awaitChange(call, topologyVersion(call.set(), call.member()));
    return Reply.of(describe(call));
  }

  private static void awaitChange(Call call, BsonDocument known) throws IOException {
    long millis = call.request().command().getNumber("maxAwaitTimeMS").longValue();
    call.awaitMillis(millis, () -> !known.equals(topologyVersion(call.set(), call.member())));
  }

  static BsonDocument topologyVersion(ReplicaSet set, Member member) {
    Election election = set.election();
    return new BsonDocument("processId", new BsonObjectId(election.processId(member.index())))
        .append("counter", new BsonInt64(election.topologyVersion()));
  }

  private static BsonDocument describe(Call call) {
    ReplicaSet set = call.set();
    ReplicaSetSettings settings = set.settings();
    boolean legacy = !call.request().name().equals("hello");
    BsonDocument reply = new BsonDocument("helloOk", BsonBoolean.TRUE);
    String primaryField = legacy ? "ismaster" : "isWritablePrimary";
    if (settings.router()) {
      reply.put("msg", new BsonString("isdbgrid"));
    }
    if (!settings.isReplicaSet()) {
      reply.put(primaryField, BsonBoolean.TRUE);
    } else {
      describeSet(call, reply, primaryField);
    }
    if (call.request().command().containsKey("loadBalanced")) {
      // Clients that come through a load balancer know servers apart by it.
      reply.put("serviceId", new BsonObjectId(set.election().processId(call.member().index())));
    }
    if (settings.wireVersion() >= WireVersions.V4_4) {
      reply.put("topologyVersion", topologyVersion(set, call.member()));
    }
    reply.put("maxBsonObjectSize", new BsonInt32(16 * 1024 * 1024));
    reply.put("maxMessageSizeBytes", new BsonInt32(MessageReader.MAX_MESSAGE));
    reply.put("maxWriteBatchSize", new BsonInt32(100_000));
    reply.put("localTime", new BsonDateTime(set.clock().millis()));
    reply.put("logicalSessionTimeoutMinutes", new BsonInt32(30));
    reply.put("connectionId", new BsonInt32(call.connection().number()));
    reply.put("minWireVersion", new BsonInt32(0));
    reply.put("maxWireVersion", new BsonInt32(settings.wireVersion()));
    reply.put("readOnly", BsonBoolean.FALSE);
    if (call.request().command().containsKey("saslSupportedMechs")) {
      BsonArray mechanisms = new BsonArray();
      mechanisms.add(new BsonString("SCRAM-SHA-256"));
      reply.put("saslSupportedMechs", mechanisms);
    }
    return reply;
  }

  private static void describeSet(Call call, BsonDocument reply, String primaryField) {
    ReplicaSet set = call.set();
    Election election = set.election();
    boolean primary = election.primary() == call.member().index();
    BsonArray hosts = new BsonArray();
    set.members().forEach(member -> hosts.add(new BsonString(member.address())));
    reply.put("hosts", hosts);
    reply.put("setName", new BsonString(set.settings().name()));
    reply.put("setVersion", new BsonInt32(1));
    reply.put(primaryField, BsonBoolean.valueOf(primary));
    reply.put("secondary", BsonBoolean.valueOf(!primary));
    if (election.primary() != Election.NONE) {
      reply.put("primary", new BsonString(set.members().get(election.primary()).address()));
    }
    reply.put("me", new BsonString(call.member().address()));
    if (primary) {
      reply.put("electionId", new BsonObjectId(election.electionId()));
    }
    BsonDocument opTime =
        new BsonDocument("ts", set.oplog().lastTime()).append("t", new BsonInt64(election.term()));
    BsonDateTime date = new BsonDateTime(set.oplog().lastTime().getTime() * 1000L);
    reply.put(
        "lastWrite",
        new BsonDocument("opTime", opTime)
            .append("lastWriteDate", date)
            .append("majorityOpTime", opTime)
            .append("majorityWriteDate", date));
  }
}
