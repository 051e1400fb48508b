package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.server.Election;
import dev.perennial.simulators.mongo.server.FailPoint;
import dev.perennial.simulators.mongo.server.Member;
import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.storage.Change;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/** The commands about the server itself. */
final class ServerCommands {

  private ServerCommands() {}

  static void register(Map<String, Command> all) {
    all.put("ping", call -> Reply.ok());
    all.put("endSessions", call -> Reply.ok());
    all.put("refreshSessions", call -> Reply.ok());
    all.put("killSessions", call -> Reply.ok());
    all.put("killAllSessions", call -> Reply.ok());
    all.put("logout", call -> Reply.ok());
    all.put("buildInfo", ServerCommands::buildInfo);
    all.put("serverStatus", ServerCommands::serverStatus);
    all.put("getParameter", ServerCommands::getParameter);
    all.put("connectionStatus", ServerCommands::connectionStatus);
    all.put("appendOplogNote", ServerCommands::appendOplogNote);
    all.put("configureFailPoint", ServerCommands::configureFailPoint);
    all.put("replSetStepDown", ServerCommands::stepDown);
    all.put("replSetGetStatus", ServerCommands::status);
    all.put("replSetGetConfig", ServerCommands::configuration);
    all.put("commitTransaction", ServerCommands::commitTransaction);
    all.put("abortTransaction", ServerCommands::abortTransaction);
    all.put("saslStart", ServerCommands::authenticate);
    all.put("authenticate", ServerCommands::authenticate);
  }

  private static Reply buildInfo(Call call) {
    String version = WireVersions.release(call.set().settings().wireVersion());
    BsonArray parts = new BsonArray();
    for (String part : version.split("\\.")) {
      parts.add(new BsonInt32(Integer.parseInt(part)));
    }
    parts.add(new BsonInt32(0));
    return Reply.of(
        new BsonDocument("version", new BsonString(version))
            .append("versionArray", parts)
            .append("modules", new BsonArray())
            .append("bits", new BsonInt32(64))
            .append("maxBsonObjectSize", new BsonInt32(16 * 1024 * 1024)));
  }

  private static Reply serverStatus(Call call) {
    ReplicaSet set = call.set();
    BsonDocument cursors =
        new BsonDocument("open", new BsonDocument("total", new BsonInt64(set.cursors().size())));
    return Reply.of(
        new BsonDocument("host", new BsonString(call.member().address()))
            .append("version", new BsonString(WireVersions.release(set.settings().wireVersion())))
            .append("process", new BsonString("mongod"))
            .append("localTime", new BsonDateTime(set.clock().millis()))
            .append(
                "connections",
                new BsonDocument("current", new BsonInt32(call.member().connections())))
            .append("metrics", new BsonDocument("cursor", cursors)));
  }

  /** Says that fail points can be set, which suites check first. */
  private static Reply getParameter(Call call) {
    BsonDocument reply = new BsonDocument();
    BsonDocument command = call.request().command();
    BsonValue asked = command.get("getParameter");
    boolean all = asked != null && asked.isString();
    if (all || command.containsKey("enableTestCommands")) {
      reply.put("enableTestCommands", BsonBoolean.TRUE);
    }
    if (all || command.containsKey("featureCompatibilityVersion")) {
      String version = WireVersions.release(call.set().settings().wireVersion());
      String major = version.substring(0, version.lastIndexOf('.'));
      reply.put("featureCompatibilityVersion", new BsonDocument("version", new BsonString(major)));
    }
    if (reply.isEmpty()) {
      throw new CommandError(72, "no option found to get");
    }
    return Reply.of(reply);
  }

  private static Reply connectionStatus(Call call) {
    BsonDocument info =
        new BsonDocument("authenticatedUsers", new BsonArray())
            .append("authenticatedUserRoles", new BsonArray());
    return Reply.of(new BsonDocument("authInfo", info));
  }

  private static Reply appendOplogNote(Call call) {
    call.requirePrimary();
    call.set().oplog().append(Change.noop());
    return Reply.ok();
  }

  private static Reply configureFailPoint(Call call) {
    call.set().setFailPoint(FailPoint.parse(call.request().command()));
    return Reply.of(new BsonDocument("count", new BsonInt32(0)));
  }

  private static Reply stepDown(Call call) {
    call.requirePrimary();
    call.set().stepDownWithPause();
    return Reply.ok();
  }

  private static Reply commitTransaction(Call call) {
    call.requirePrimary();
    call.set().transactions().commit(call.request().command().getDocument("lsid"));
    return Reply.ok();
  }

  private static Reply abortTransaction(Call call) {
    call.set().transactions().abort(call.request().command().getDocument("lsid"));
    return Reply.ok();
  }

  /** Refuses every login, because there are no users. */
  private static Reply authenticate(Call call) {
    throw new CommandError(18, "Authentication failed.");
  }

  private static Reply configuration(Call call) {
    ReplicaSet set = call.set();
    if (set.settings().router()) {
      throw new CommandError(59, "no such command: 'replSetGetConfig'");
    }
    if (set.settings().standalone()) {
      throw new CommandError(76, "not running with --replSet");
    }
    BsonArray members = new BsonArray();
    for (Member member : set.members()) {
      members.add(
          new BsonDocument("_id", new BsonInt32(member.index()))
              .append("host", new BsonString(member.address())));
    }
    BsonDocument own = new BsonDocument("replicaSetId", new BsonObjectId(set.id()));
    return Reply.of(
        new BsonDocument(
            "config",
            new BsonDocument("_id", new BsonString(set.settings().name()))
                .append("version", new BsonInt32(1))
                .append("term", new BsonInt64(set.election().term()))
                .append("members", members)
                .append("settings", own)));
  }

  private static Reply status(Call call) {
    ReplicaSet set = call.set();
    Election election = set.election();
    BsonTimestamp last = set.oplog().lastTime();
    BsonArray members = new BsonArray();
    for (Member member : set.members()) {
      boolean primary = election.primary() == member.index();
      members.add(
          new BsonDocument("_id", new BsonInt32(member.index()))
              .append("name", new BsonString(member.address()))
              .append("health", new BsonDouble(election.isUp(member.index()) ? 1 : 0))
              .append("state", new BsonInt32(primary ? 1 : 2))
              .append("stateStr", new BsonString(primary ? "PRIMARY" : "SECONDARY")));
    }
    return Reply.of(
        new BsonDocument("set", new BsonString(set.settings().name()))
            .append("myState", new BsonInt32(election.primary() == call.member().index() ? 1 : 2))
            .append("term", new BsonInt64(election.term()))
            .append(
                "optimes",
                new BsonDocument(
                    "lastCommittedOpTime",
                    new BsonDocument("ts", last).append("t", new BsonInt64(election.term()))))
            .append("members", members));
  }
}
