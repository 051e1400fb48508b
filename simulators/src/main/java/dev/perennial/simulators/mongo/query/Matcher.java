package dev.perennial.simulators.mongo.query;

import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonRegularExpression;
import org.bson.BsonType;
import org.bson.BsonValue;

/** Query predicates: those of {@code $match} and {@code find} that tests and demos use. */
public final class Matcher {

  private Matcher() {}

  public static Predicate<BsonDocument> compile(BsonDocument query) {
    List<Predicate<BsonDocument>> all = new ArrayList<>();
    for (Map.Entry<String, BsonValue> clause : query.entrySet()) {
      all.add(clause(clause.getKey(), clause.getValue()));
    }
    return document -> all.stream().allMatch(one -> one.test(document));
  }

  private static Predicate<BsonDocument> clause(String key, BsonValue value) {
    return switch (key) {
      case "$and" -> {
        List<Predicate<BsonDocument>> parts = parts(key, value);
        yield document -> parts.stream().allMatch(part -> part.test(document));
      }
      case "$or" -> {
        List<Predicate<BsonDocument>> parts = parts(key, value);
        yield document -> parts.stream().anyMatch(part -> part.test(document));
      }
      case "$nor" -> {
        List<Predicate<BsonDocument>> parts = parts(key, value);
        yield document -> parts.stream().noneMatch(part -> part.test(document));
      }
      case "$comment" -> document -> true;
      case "$expr" -> {
        Expressions.check(value);
        yield document -> Expressions.isTrue(value, document);
      }
      default -> {
        if (key.startsWith("$")) {
          throw new CommandError(2, "unknown top level operator: " + key);
        }
        yield field(key, value);
      }
    };
  }

  private static List<Predicate<BsonDocument>> parts(String key, BsonValue value) {
    if (!value.isArray() || value.asArray().isEmpty()) {
      throw new CommandError(2, key + " argument must be a nonempty array");
    }
    return value.asArray().stream().map(part -> compile(part.asDocument())).toList();
  }

  private static Predicate<BsonDocument> field(String path, BsonValue condition) {
    if (!condition.isDocument()
        || condition.asDocument().isEmpty()
        || !condition.asDocument().getFirstKey().startsWith("$")) {
      return condition.isRegularExpression()
          ? any(path, BsonValues.regex(condition.asRegularExpression()))
          : equality(path, condition);
    }
    List<Predicate<BsonDocument>> all = new ArrayList<>();
    BsonDocument operators = condition.asDocument();
    operators.forEach((operator, operand) -> all.add(operator(path, operator, operand, operators)));
    return document -> all.stream().allMatch(one -> one.test(document));
  }

  private static Predicate<BsonDocument> operator(
      String path, String operator, BsonValue operand, BsonDocument siblings) {
    return switch (operator) {
      case "$eq" -> equality(path, operand);
      case "$ne" -> equality(path, operand).negate();
      case "$in" -> in(path, array(operator, operand));
      case "$nin" -> in(path, array(operator, operand)).negate();
      case "$gt" -> comparison(path, operand, order -> order > 0);
      case "$gte" -> comparison(path, operand, order -> order >= 0);
      case "$lt" -> comparison(path, operand, order -> order < 0);
      case "$lte" -> comparison(path, operand, order -> order <= 0);
      case "$not" ->
          (operand.isRegularExpression()
                  ? any(path, BsonValues.regex(operand.asRegularExpression()))
                  : field(path, operand))
              .negate();
      case "$exists" -> {
        boolean wanted = BsonValues.isTrue(operand);
        yield document -> !FieldPaths.values(document, path).isEmpty() == wanted;
      }
      case "$regex" ->
          any(
              path,
              BsonValues.regex(
                  operand.isRegularExpression()
                      ? operand.asRegularExpression()
                      : new BsonRegularExpression(
                          operand.asString().getValue(),
                          siblings.containsKey("$options")
                              ? siblings.getString("$options").getValue()
                              : "")));
      case "$options" -> document -> true;
      case "$type" -> {
        String name = operand.isString() ? operand.asString().getValue() : "";
        yield any(path, value -> TypeNames.of(value).equals(name));
      }
      case "$size" -> {
        int size = operand.asNumber().intValue();
        yield document ->
            FieldPaths.values(document, path).stream()
                .anyMatch(value -> value.isArray() && value.asArray().size() == size);
      }
      default -> throw new CommandError(2, "unknown operator: " + operator);
    };
  }

  private static BsonArray array(String operator, BsonValue operand) {
    if (!operand.isArray()) {
      throw new CommandError(2, operator + " needs an array");
    }
    return operand.asArray();
  }

  private static Predicate<BsonDocument> in(String path, BsonArray wanted) {
    List<Predicate<BsonDocument>> parts =
        wanted.stream()
            .map(value ->
                value.isRegularExpression()
                    ? any(path, BsonValues.regex(value.asRegularExpression()))
                    : equality(path, value))
            .toList();
    return document -> parts.stream().anyMatch(part -> part.test(document));
  }

  private static Predicate<BsonDocument> equality(String path, BsonValue wanted) {
    if (wanted.getBsonType() == BsonType.NULL) {
      return document -> {
        List<BsonValue> values = FieldPaths.values(document, path);
        return values.isEmpty() || values.stream().anyMatch(BsonValue::isNull);
      };
    }
    return any(path, value -> BsonValues.equal(value, wanted));
  }

  /** Values of another type than the operand's never compare. */
  private static Predicate<BsonDocument> comparison(
      String path, BsonValue operand, IntPredicate accepted) {
    return any(
        path,
        value ->
            BsonValues.rank(value) == BsonValues.rank(operand)
                && accepted.test(BsonValues.compare(value, operand)));
  }

  /** Whether one of the values matches, or an element of one that is an array. */
  private static Predicate<BsonDocument> any(String path, Predicate<BsonValue> test) {
    return document -> {
      for (BsonValue value : FieldPaths.values(document, path)) {
        if (test.test(value) || (value.isArray() && value.asArray().stream().anyMatch(test))) {
          return true;
        }
      }
      return false;
    };
  }
}
