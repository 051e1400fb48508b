package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.query.FieldPaths;
import dev.perennial.simulators.mongo.query.ListCursor;
import dev.perennial.simulators.mongo.query.Matcher;
import dev.perennial.simulators.mongo.query.Projection;
import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.storage.CollectionState;
import dev.perennial.simulators.mongo.storage.Namespace;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonValue;

/** The query commands, as far as demos and tests need them. */
final class QueryCommands {

  private QueryCommands() {}

  static void register(Map<String, Command> all) {
    all.put("find", QueryCommands::find);
    all.put("count", QueryCommands::count);
    all.put("distinct", QueryCommands::distinct);
  }

  private static Reply find(Call call) {
    call.requireReadable();
    BsonDocument command = call.request().command();
    List<BsonDocument> found =
        matching(call, "find", command.getDocument("filter", new BsonDocument()));
    sort(found, command.getDocument("sort", new BsonDocument()));
    int skip = number(command, "skip", 0);
    int limit = number(command, "limit", 0);
    found = found.subList(Math.min(skip, found.size()), found.size());
    if (limit != 0) {
      found = found.subList(0, Math.min(Math.abs(limit), found.size()));
    }
    BsonDocument projection = command.getDocument("projection", new BsonDocument());
    if (!projection.isEmpty()) {
      found = found.stream().map(Projection.project(projection)).toList();
    }
    return list(call, namespace(call, "find"), List.copyOf(found), command);
  }

  /** Runs an aggregate that is no change stream. */
  static Reply aggregate(Call call) {
    call.requireReadable();
    BsonDocument command = call.request().command();
    List<BsonDocument> at = matching(call, "aggregate", new BsonDocument());
    for (BsonValue stage : command.getArray("pipeline")) {
      at = stage(at, stage.asDocument());
    }
    BsonDocument cursor = command.getDocument("cursor", new BsonDocument());
    return list(call, namespace(call, "aggregate"), at, cursor);
  }

  private static List<BsonDocument> stage(List<BsonDocument> input, BsonDocument stage) {
    String name = stage.getFirstKey();
    BsonValue spec = Objects.requireNonNull(stage.get(name));
    return switch (name) {
      case "$match" -> input.stream().filter(Matcher.compile(spec.asDocument())).toList();
      case "$project" -> input.stream().map(Projection.project(spec.asDocument())).toList();
      case "$skip" -> input.stream().skip(spec.asNumber().longValue()).toList();
      case "$limit" -> input.stream().limit(spec.asNumber().longValue()).toList();
      case "$sort" -> {
        List<BsonDocument> sorted = new ArrayList<>(input);
        sort(sorted, spec.asDocument());
        yield sorted;
      }
      case "$count" ->
          input.isEmpty()
              ? List.of()
              : List.of(new BsonDocument(spec.asString().getValue(), new BsonInt32(input.size())));
      case "$group" -> group(input, spec.asDocument());
      case "$changeStream" ->
          throw new CommandError(
              40602, "$changeStream is only valid as the first stage in a pipeline");
      default -> throw new CommandError(40324, "Unrecognized pipeline stage name: '" + name + "'");
    };
  }

  /** Groups all documents into one and sums constants, which is how drivers count. */
  private static List<BsonDocument> group(List<BsonDocument> input, BsonDocument spec) {
    if (input.isEmpty()) {
      return List.of();
    }
    BsonDocument result = new BsonDocument("_id", spec.get("_id", BsonNull.VALUE));
    spec.forEach((name, value) -> {
      if (!name.equals("_id")) {
        int each = value.asDocument().getNumber("$sum").intValue();
        result.put(name, new BsonInt32(each * input.size()));
      }
    });
    return List.of(result);
  }

  private static Reply count(Call call) {
    call.requireReadable();
    BsonDocument query = call.request().command().getDocument("query", new BsonDocument());
    return Reply.of(new BsonDocument("n", new BsonInt32(matching(call, "count", query).size())));
  }

  private static Reply distinct(Call call) {
    call.requireReadable();
    BsonDocument command = call.request().command();
    BsonDocument query = command.getDocument("query", new BsonDocument());
    BsonArray values = new BsonArray();
    for (BsonDocument document : matching(call, "distinct", query)) {
      for (BsonValue value : FieldPaths.values(document, command.getString("key").getValue())) {
        if (!values.contains(value)) {
          values.add(value);
        }
      }
    }
    return Reply.of(new BsonDocument("values", values));
  }

  /** Replies with a query's results, whole or by a cursor. */
  static Reply list(Call call, String namespace, List<BsonDocument> results, BsonDocument options) {
    ListCursor cursor =
        call.set()
            .cursors()
            .create(call.member().index(), key -> new ListCursor(key, namespace, results));
    List<byte[]> first = cursor.next(CursorCommands.firstBatchSize(options));
    return CursorCommands.reply(call.set(), cursor, first, true);
  }

  private static List<BsonDocument> matching(Call call, String verb, BsonDocument filter) {
    BsonValue name = call.request().command().get(verb);
    Predicate<BsonDocument> matches = Matcher.compile(filter);
    if (name == null || !name.isString()) {
      return new ArrayList<>();
    }
    Namespace namespace = Namespace.of(call.request().database(), name.asString().getValue());
    CollectionState collection = call.set().catalog().find(namespace);
    List<BsonDocument> found = new ArrayList<>();
    if (collection != null) {
      collection.documents().stream().filter(matches).forEach(found::add);
    }
    return found;
  }

  private static String namespace(Call call, String verb) {
    BsonValue name = call.request().command().get(verb);
    return call.request().database()
        + "."
        + (name != null && name.isString() ? name.asString().getValue() : "$cmd.aggregate");
  }

  private static void sort(List<BsonDocument> documents, BsonDocument by) {
    if (by.isEmpty()) {
      return;
    }
    documents.sort((left, right) -> {
      for (Map.Entry<String, BsonValue> key : by.entrySet()) {
        int order = BsonValues.compare(first(left, key.getKey()), first(right, key.getKey()));
        if (order != 0) {
          return key.getValue().asNumber().intValue() < 0 ? -order : order;
        }
      }
      return 0;
    });
  }

  private static BsonValue first(BsonDocument document, String path) {
    List<BsonValue> values = FieldPaths.values(document, path);
    return values.isEmpty() ? BsonNull.VALUE : values.get(0);
  }

  private static int number(BsonDocument options, String name, int otherwise) {
    BsonValue value = options.get(name);
    return value == null ? otherwise : value.asNumber().intValue();
  }
}
