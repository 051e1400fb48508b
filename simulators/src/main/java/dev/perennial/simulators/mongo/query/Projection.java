package dev.perennial.simulators.mongo.query;

import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** What reshapes a document: {@code $project}, {@code $unset}, {@code $addFields}, replaceRoot. */
public final class Projection {

  private Projection() {}

  public static UnaryOperator<BsonDocument> project(BsonDocument spec) {
    if (spec.isEmpty()) {
      throw new CommandError(51272, "projection specification must have at least one field");
    }
    Map<String, BsonValue> fields = flatten(spec);
    boolean includes =
        fields.entrySet().stream()
            .anyMatch(field -> !field.getKey().equals("_id") && !isFlag(field.getValue(), false));
    boolean excludes =
        fields.entrySet().stream()
            .anyMatch(field -> !field.getKey().equals("_id") && isFlag(field.getValue(), false));
    if (includes && excludes) {
      throw new CommandError(
          31254, "Cannot do exclusion on a field in inclusion projection, or the other way round");
    }
    if (!includes && (excludes || isFlag(fields.get("_id"), false))) {
      return exclude(fields.keySet());
    }
    return document -> include(document, fields);
  }

  private static UnaryOperator<BsonDocument> exclude(Iterable<String> paths) {
    return document -> {
      BsonDocument result = document.clone();
      paths.forEach(path -> FieldPaths.remove(result, path));
      return result;
    };
  }

  private static BsonDocument include(BsonDocument document, Map<String, BsonValue> fields) {
    BsonDocument result = new BsonDocument();
    BsonValue id = document.get("_id");
    BsonValue idFlag = fields.get("_id");
    if (id != null && (idFlag == null || isFlag(idFlag, true))) {
      result.put("_id", id);
    }
    fields.forEach((path, value) -> {
      if (path.equals("_id") && (isFlag(value, true) || isFlag(value, false))) {
        return;
      }
      BsonValue chosen =
          isFlag(value, true)
              ? FieldPaths.get(document, path)
              : Expressions.evaluate(value, document);
      if (chosen != null) {
        FieldPaths.set(result, path, chosen);
      }
    });
    return result;
  }

  public static UnaryOperator<BsonDocument> addFields(BsonDocument spec) {
    return document -> {
      BsonDocument result = document.clone();
      spec.forEach((path, value) -> {
        BsonValue computed = Expressions.evaluate(value, document);
        if (computed != null) {
          FieldPaths.set(result, path, computed);
        }
      });
      return result;
    };
  }

  public static UnaryOperator<BsonDocument> unset(BsonValue spec) {
    BsonArray paths = spec.isArray() ? spec.asArray() : new BsonArray(List.of(spec));
    return exclude(paths.stream().map(path -> path.asString().getValue()).toList());
  }

  public static UnaryOperator<BsonDocument> replaceRoot(BsonValue expression) {
    return document -> {
      BsonValue root = Expressions.evaluate(expression, document);
      if (root == null || !root.isDocument()) {
        throw new CommandError(
            40228,
            "'newRoot' expression must evaluate to an object, but resulting value was: " + root);
      }
      return root.asDocument();
    };
  }

  private static Map<String, BsonValue> flatten(BsonDocument spec) {
    Map<String, BsonValue> fields = new LinkedHashMap<>();
    spec.forEach((key, value) -> flatten(key, value, fields));
    return fields;
  }

  private static void flatten(String path, BsonValue value, Map<String, BsonValue> into) {
    if (value.isDocument()
        && !value.asDocument().isEmpty()
        && !value.asDocument().getFirstKey().startsWith("$")) {
      value.asDocument().forEach((key, inner) -> flatten(path + "." + key, inner, into));
    } else {
      into.put(path, value);
    }
  }

  public static boolean isFlag(@Nullable BsonValue value, boolean wanted) {
    if (value == null) {
      return false;
    }
    if (value.isBoolean()) {
      return value.asBoolean().getValue() == wanted;
    }
    return value.isNumber() && (value.asNumber().doubleValue() != 0) == wanted;
  }
}
