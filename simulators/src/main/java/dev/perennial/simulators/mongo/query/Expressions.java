package dev.perennial.simulators.mongo.query;

import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.Map;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** Aggregation expressions: field paths, documents, and the operators that tests use. */
public final class Expressions {

  private Expressions() {}

  /**
   * Evaluates an expression; null if it is missing, such as a field that the document does not
   * have.
   */
  static @Nullable BsonValue evaluate(BsonValue expression, BsonDocument document) {
    if (expression.isString() && expression.asString().getValue().startsWith("$")) {
      String path = expression.asString().getValue().substring(1);
      return path.equals("$ROOT") ? document : FieldPaths.get(document, path);
    }
    if (!expression.isDocument()) {
      return expression;
    }
    BsonDocument fields = expression.asDocument();
    if (!fields.isEmpty() && fields.getFirstKey().startsWith("$")) {
      Map.Entry<String, BsonValue> operator = fields.entrySet().iterator().next();
      return operator(operator.getKey(), operator.getValue(), document);
    }
    BsonDocument result = new BsonDocument();
    fields.forEach((name, value) -> {
      BsonValue computed = evaluate(value, document);
      if (computed != null) {
        result.put(name, computed);
      }
    });
    return result;
  }

  /** Refuses, when a stream is opened, what {@link #evaluate} would refuse later. */
  public static void check(BsonValue expression) {
    evaluate(expression, new BsonDocument());
  }

  static boolean isTrue(BsonValue expression, BsonDocument document) {
    BsonValue value = evaluate(expression, document);
    return value != null && BsonValues.isTrue(value);
  }

  private static BsonValue operator(String name, BsonValue operand, BsonDocument document) {
    return switch (name) {
      case "$literal" -> operand;
      case "$mergeObjects" -> mergeObjects(operand, document);
      case "$or" ->
          BsonBoolean.valueOf(operand.asArray().stream().anyMatch(one -> isTrue(one, document)));
      case "$and" ->
          BsonBoolean.valueOf(operand.asArray().stream().allMatch(one -> isTrue(one, document)));
      case "$concat" -> concat(operand, document);
      case "$regexMatch" -> regexMatch(operand.asDocument(), document);
      default -> throw new CommandError(168, "Unrecognized expression '" + name + "'");
    };
  }

  private static BsonDocument mergeObjects(BsonValue parts, BsonDocument document) {
    BsonDocument merged = new BsonDocument();
    for (BsonValue part : parts.asArray()) {
      BsonValue value = evaluate(part, document);
      if (value != null && value.isDocument()) {
        merged.putAll(value.asDocument());
      }
    }
    return merged;
  }

  /** Null if a part is null or missing. */
  private static BsonValue concat(BsonValue parts, BsonDocument document) {
    StringBuilder text = new StringBuilder();
    for (BsonValue part : parts.asArray()) {
      BsonValue value = evaluate(part, document);
      if (value == null || value.isNull()) {
        return BsonNull.VALUE;
      }
      if (!value.isString()) {
        throw new CommandError(16702, "$concat only supports strings, not " + TypeNames.of(value));
      }
      text.append(value.asString().getValue());
    }
    return new BsonString(text.toString());
  }

  /** False if the input is null or missing. */
  private static BsonBoolean regexMatch(BsonDocument arguments, BsonDocument document) {
    BsonValue input = evaluate(arguments.get("input", BsonNull.VALUE), document);
    if (input == null || input.isNull()) {
      return BsonBoolean.FALSE;
    }
    if (!input.isString()) {
      throw new CommandError(51104, "$regexMatch needs 'input' to be of type string");
    }
    BsonRegularExpression regex =
        new BsonRegularExpression(
            arguments.getString("regex").getValue(),
            arguments.getString("options", new BsonString("")).getValue());
    return BsonBoolean.valueOf(BsonValues.regex(regex).test(input));
  }
}
