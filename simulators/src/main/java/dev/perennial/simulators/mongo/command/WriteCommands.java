package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.query.FieldPaths;
import dev.perennial.simulators.mongo.query.Matcher;
import dev.perennial.simulators.mongo.query.Updates;
import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.storage.Change;
import dev.perennial.simulators.mongo.storage.CollectionState;
import dev.perennial.simulators.mongo.storage.Documents;
import dev.perennial.simulators.mongo.storage.Namespace;
import dev.perennial.simulators.mongo.storage.Transactions;
import dev.perennial.simulators.mongo.wire.BsonBytes;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;

/** The commands that insert, update and delete documents. */
final class WriteCommands {

  private WriteCommands() {}

  static void register(Map<String, Command> all) {
    all.put("insert", call -> run(call, WriteCommands::insert));
    all.put("update", call -> run(call, WriteCommands::update));
    all.put("delete", call -> run(call, WriteCommands::delete));
    all.put("findAndModify", call -> run(call, WriteCommands::findAndModify));
  }

  private interface Writing {
    BsonDocument run(Call call, Namespace namespace);
  }

  /** Runs a write on the primary, or repeats the reply for a client that retries. */
  private static Reply run(Call call, Writing writing) {
    call.requirePrimary();
    BsonDocument command = call.request().command();
    boolean transaction = Transactions.isPart(command);
    BsonDocument known = transaction ? null : call.set().retries().answer(command);
    if (known != null) {
      return Reply.of(known);
    }
    String name = command.getString(call.request().name()).getValue();
    BsonDocument answer = writing.run(call, Namespace.of(call.request().database(), name));
    if (!transaction) {
      call.set().retries().keep(command, answer);
    }
    return Reply.of(answer);
  }

  private static BsonDocument insert(Call call, Namespace namespace) {
    BsonDocument command = call.request().command();
    BsonArray errors = new BsonArray();
    int count = 0;
    int index = 0;
    for (BsonValue document : command.getArray("documents")) {
      try {
        append(call, call.set().documents().insert(namespace, document.asDocument()));
        count++;
      } catch (CommandError e) {
        errors.add(error(index, e));
        if (command.getBoolean("ordered", BsonBoolean.TRUE).getValue()) {
          break;
        }
      }
      index++;
    }
    return answer(count, errors);
  }

  private static BsonDocument update(Call call, Namespace namespace) {
    BsonArray errors = new BsonArray();
    BsonArray upserted = new BsonArray();
    int matched = 0;
    int modified = 0;
    int index = 0;
    for (BsonValue value : call.request().command().getArray("updates")) {
      BsonDocument statement = value.asDocument();
      try {
        List<BsonDocument> found = find(call, namespace, statement);
        for (BsonDocument document : found) {
          modified += change(call, namespace, document, updateOf(statement)) ? 1 : 0;
        }
        matched += found.size();
        if (found.isEmpty() && statement.getBoolean("upsert", BsonBoolean.FALSE).getValue()) {
          BsonDocument inserted = upsert(call, namespace, statement);
          upserted.add(new BsonDocument("index", new BsonInt32(index)).append("_id", id(inserted)));
          matched++;
        }
      } catch (CommandError e) {
        errors.add(error(index, e));
        break;
      }
      index++;
    }
    BsonDocument answer = answer(matched, errors);
    answer.put("nModified", new BsonInt32(modified));
    if (!upserted.isEmpty()) {
      answer.put("upserted", upserted);
    }
    return answer;
  }

  private static BsonDocument delete(Call call, Namespace namespace) {
    int count = 0;
    for (BsonValue value : call.request().command().getArray("deletes")) {
      BsonDocument statement = value.asDocument();
      boolean one = statement.getNumber("limit", new BsonInt32(0)).intValue() == 1;
      List<BsonDocument> found = find(call, namespace, statement.getDocument("q"), one);
      for (BsonDocument document : found) {
        append(call, call.set().documents().delete(namespace, id(document)));
        count++;
      }
    }
    return answer(count, new BsonArray());
  }

  private static BsonDocument findAndModify(Call call, Namespace namespace) {
    BsonDocument command = call.request().command();
    BsonDocument query = command.getDocument("query", new BsonDocument());
    List<BsonDocument> found = find(call, namespace, query, true);
    boolean fresh = command.getBoolean("new", BsonBoolean.FALSE).getValue();
    BsonValue shown = BsonNull.VALUE;
    boolean existed = !found.isEmpty();
    if (existed) {
      BsonValue id = id(found.get(0));
      if (command.getBoolean("remove", BsonBoolean.FALSE).getValue()) {
        append(call, call.set().documents().delete(namespace, id));
        shown = found.get(0);
      } else {
        change(call, namespace, found.get(0), command.getDocument("update"));
        shown = fresh ? call.set().documents().open(namespace).get(id) : found.get(0);
      }
    } else if (command.getBoolean("upsert", BsonBoolean.FALSE).getValue()) {
      BsonDocument inserted =
          upsert(call, namespace, new BsonDocument("q", query).append("u", command.get("update")));
      shown = fresh ? inserted : BsonNull.VALUE;
    }
    BsonDocument last =
        new BsonDocument("n", new BsonInt32(existed ? 1 : 0))
            .append("updatedExisting", BsonBoolean.valueOf(existed));
    return new BsonDocument("lastErrorObject", last)
        .append("value", shown == null ? BsonNull.VALUE : shown);
  }

  private static List<BsonDocument> find(Call call, Namespace namespace, BsonDocument statement) {
    boolean multi = statement.getBoolean("multi", BsonBoolean.FALSE).getValue();
    return find(call, namespace, statement.getDocument("q"), !multi);
  }

  private static List<BsonDocument> find(
      Call call, Namespace namespace, BsonDocument query, boolean one) {
    CollectionState collection = call.set().catalog().find(namespace);
    if (collection == null) {
      return List.of();
    }
    BsonValue id = query.get("_id");
    if (query.size() == 1 && id != null && !id.isDocument() && !id.isRegularExpression()) {
      BsonDocument found = collection.get(id);
      return found == null ? List.of() : List.of(found);
    }
    Predicate<BsonDocument> matches = Matcher.compile(query);
    return collection.documents().stream().filter(matches).limit(one ? 1 : Long.MAX_VALUE).toList();
  }

  private static BsonDocument updateOf(BsonDocument statement) {
    BsonValue update = statement.get("u");
    if (update == null || !update.isDocument()) {
      throw new CommandError(
          238, "The scripted replica set runs no updates by aggregation pipeline.");
    }
    return update.asDocument();
  }

  private static boolean change(
      Call call, Namespace namespace, BsonDocument document, BsonDocument update) {
    Documents documents = call.set().documents();
    Change change =
        Updates.isReplacement(update)
            ? documents.replace(namespace, id(document), update)
            : documents.update(
                namespace, id(document), before -> Updates.apply(before, update, false));
    if (change != null) {
      append(call, change);
    }
    return change != null;
  }

  private static BsonDocument upsert(Call call, Namespace namespace, BsonDocument statement) {
    BsonDocument update = updateOf(statement);
    BsonDocument seed = new BsonDocument();
    statement
        .getDocument("q")
        .forEach((path, value) -> {
          boolean operators =
              value.isDocument()
                  && !value.asDocument().isEmpty()
                  && value.asDocument().getFirstKey().startsWith("$");
          if (!path.startsWith("$") && !operators) {
            FieldPaths.set(seed, path, value);
          }
        });
    BsonDocument document;
    if (Updates.isReplacement(update)) {
      document = BsonBytes.copy(update);
      if (seed.containsKey("_id")) {
        document.put("_id", seed.get("_id"));
      }
    } else {
      document = Updates.apply(seed, update, true).after();
    }
    Change change = call.set().documents().insert(namespace, document);
    append(call, change);
    return Objects.requireNonNull(change.fullDocument());
  }

  /** Appends a change to the oplog, or keeps it until its transaction commits. */
  private static void append(Call call, Change change) {
    BsonDocument command = call.request().command();
    if (Transactions.isPart(command)) {
      call.set().transactions().add(command, change);
    } else {
      call.set().oplog().append(change);
    }
  }

  private static BsonValue id(BsonDocument document) {
    return Objects.requireNonNull(document.get("_id"));
  }

  private static BsonDocument answer(int count, BsonArray errors) {
    BsonDocument answer = new BsonDocument("n", new BsonInt32(count));
    if (!errors.isEmpty()) {
      answer.put("writeErrors", errors);
    }
    return answer;
  }

  private static BsonDocument error(int index, CommandError error) {
    return new BsonDocument("index", new BsonInt32(index))
        .append("code", new BsonInt32(error.code()))
        .append("errmsg", new BsonString(String.valueOf(error.getMessage())));
  }
}
