package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.query.Matcher;
import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.storage.ChangeKind;
import dev.perennial.simulators.mongo.storage.CollectionState;
import dev.perennial.simulators.mongo.storage.Documents;
import dev.perennial.simulators.mongo.storage.Namespace;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;

/** The commands that create, change, list and drop collections, databases and indexes. */
final class CollectionCommands {

  private CollectionCommands() {}

  static void register(Map<String, Command> all) {
    all.put("create", writing(CollectionCommands::create));
    all.put("drop", writing(CollectionCommands::drop));
    all.put("dropDatabase", writing(CollectionCommands::dropDatabase));
    all.put("collMod", writing(CollectionCommands::collMod));
    all.put("renameCollection", writing(CollectionCommands::rename));
    all.put("createIndexes", writing(CollectionCommands::createIndexes));
    all.put("dropIndexes", writing(CollectionCommands::dropIndexes));
    all.put("listCollections", CollectionCommands::listCollections);
    all.put("listIndexes", CollectionCommands::listIndexes);
    all.put("listDatabases", CollectionCommands::listDatabases);
  }

  private static Command writing(Command command) {
    return call -> {
      call.requirePrimary();
      return command.run(call);
    };
  }

  private static Reply create(Call call) {
    call.set().documents().create(target(call), call.request().command());
    return Reply.ok();
  }

  private static Reply drop(Call call) {
    Namespace namespace = target(call);
    if (call.set().catalog().find(namespace) == null) {
      if (call.set().settings().wireVersion() >= WireVersions.V7_0) {
        return Reply.ok();
      }
      throw new CommandError(26, "ns not found");
    }
    call.set().documents().drop(namespace);
    return Reply.of(
        new BsonDocument("nIndexesWas", new BsonInt32(1))
            .append("ns", new BsonString(namespace.toString())));
  }

  private static Reply dropDatabase(Call call) {
    String database = call.request().database();
    if (call.set().catalog().of(database).isEmpty()) {
      return Reply.ok();
    }
    call.set().documents().dropDatabase(database);
    return Reply.of(new BsonDocument("dropped", new BsonString(database)));
  }

  private static Reply collMod(Call call) {
    Namespace namespace = target(call);
    BsonDocument command = call.request().command();
    if (!command.containsKey("changeStreamPreAndPostImages")) {
      throw new CommandError(
          238, "The scripted replica set changes only changeStreamPreAndPostImages.");
    }
    call.set().documents().modify(namespace, Documents.wantsImages(command));
    return Reply.ok();
  }

  private static Reply rename(Call call) {
    BsonDocument command = call.request().command();
    Namespace from = Namespace.parse(command.getString("renameCollection").getValue());
    Namespace to = Namespace.parse(command.getString("to").getValue());
    boolean dropTarget = command.getBoolean("dropTarget", BsonBoolean.FALSE).getValue();
    call.set().documents().rename(from, to, dropTarget);
    return Reply.ok();
  }

  private static Reply createIndexes(Call call) {
    BsonValue indexes = call.request().command().get("indexes", new BsonArray());
    call.set().documents().indexes(ChangeKind.CREATE_INDEXES, target(call), indexes);
    return Reply.of(
        new BsonDocument("numIndexesBefore", new BsonInt32(1))
            .append("numIndexesAfter", new BsonInt32(1 + indexes.asArray().size())));
  }

  private static Reply dropIndexes(Call call) {
    BsonValue index = call.request().command().get("index", new BsonString("*"));
    BsonArray dropped =
        new BsonArray(List.of(new BsonDocument("v", new BsonInt32(2)).append("name", index)));
    call.set().documents().indexes(ChangeKind.DROP_INDEXES, target(call), dropped);
    return Reply.of(new BsonDocument("nIndexesWas", new BsonInt32(2)));
  }

  private static Reply listCollections(Call call) {
    call.requireReadable();
    BsonDocument command = call.request().command();
    Predicate<BsonDocument> filter =
        Matcher.compile(command.getDocument("filter", new BsonDocument()));
    List<BsonDocument> found = new ArrayList<>();
    for (CollectionState collection : call.set().catalog().of(call.request().database())) {
      BsonDocument entry =
          new BsonDocument(
              "name", new BsonString(String.valueOf(collection.namespace().collection())));
      entry.put("type", new BsonString(collection.isView() ? "view" : "collection"));
      entry.put("options", options(collection));
      entry.put(
          "info",
          new BsonDocument("readOnly", BsonBoolean.valueOf(collection.isView()))
              .append("uuid", BsonValues.binary(collection.uuid())));
      if (filter.test(entry)) {
        found.add(entry);
      }
    }
    return QueryCommands.list(
        call,
        call.request().database() + ".$cmd.listCollections",
        found,
        command.getDocument("cursor", new BsonDocument()));
  }

  private static BsonDocument options(CollectionState collection) {
    return collection.recordsImages()
        ? new BsonDocument(
            "changeStreamPreAndPostImages", new BsonDocument("enabled", BsonBoolean.TRUE))
        : new BsonDocument();
  }

  private static Reply listIndexes(Call call) {
    Namespace namespace = target(call);
    if (call.set().catalog().find(namespace) == null) {
      throw new CommandError(26, "ns does not exist: " + namespace);
    }
    BsonDocument index =
        new BsonDocument("v", new BsonInt32(2))
            .append("key", new BsonDocument("_id", new BsonInt32(1)))
            .append("name", new BsonString("_id_"));
    return QueryCommands.list(call, namespace.toString(), List.of(index), new BsonDocument());
  }

  private static Reply listDatabases(Call call) {
    BsonArray databases = new BsonArray();
    for (String name : call.set().catalog().databases()) {
      databases.add(
          new BsonDocument("name", new BsonString(name))
              .append("sizeOnDisk", new BsonDouble(4096))
              .append("empty", BsonBoolean.FALSE));
    }
    return Reply.of(
        new BsonDocument("databases", databases).append("totalSize", new BsonInt64(4096)));
  }

  private static Namespace target(Call call) {
    BsonDocument command = call.request().command();
    String name = command.getString(call.request().name()).getValue();
    return Namespace.of(call.request().database(), name);
  }
}
