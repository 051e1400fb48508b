package dev.perennial.simulators.mongo.query;

import dev.perennial.simulators.mongo.wire.BsonBytes;
import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;

/** Applies update operators and describes the update as the oplog does. */
public final class Updates {

  private final BsonDocument after;
  private final BsonDocument updated = new BsonDocument();
  private final BsonArray removed = new BsonArray();
  private final BsonArray truncated = new BsonArray();
  private final BsonDocument ambiguous = new BsonDocument();

  private Updates(BsonDocument before) {
    after = BsonBytes.copy(before);
  }

  /**
   * What an update did.
   *
   * @param description as events show it, with the fields of all versions
   * @param changed whether it did anything; one that did not leaves no entry in the oplog
   */
  public record Result(BsonDocument after, BsonDocument description, boolean changed) {}

  public static boolean isReplacement(BsonDocument update) {
    return update.isEmpty() || !update.getFirstKey().startsWith("$");
  }

  public static Result apply(BsonDocument before, BsonDocument update, boolean inserting) {
    Updates updates = new Updates(before);
    update.forEach((operator, fields) -> {
      for (Map.Entry<String, BsonValue> field : fields.asDocument().entrySet()) {
        updates.apply(operator, field.getKey(), field.getValue(), inserting);
      }
    });
    return updates.result();
  }

  /** Truncates an array, which clients do with an aggregation pipeline. */
  public static Result truncate(BsonDocument before, String path, int newSize) {
    Updates updates = new Updates(before);
    BsonValue array = FieldPaths.get(updates.after, path);
    if (array == null || !array.isArray() || array.asArray().size() <= newSize) {
      throw new IllegalArgumentException(
          "To truncate " + path + " to " + newSize + " takes a longer array, not " + array + ".");
    }
    FieldPaths.set(updates.after, path, new BsonArray(array.asArray().subList(0, newSize)));
    updates.truncated.add(
        new BsonDocument("field", new BsonString(path)).append("newSize", new BsonInt32(newSize)));
    return updates.result();
  }

  private Result result() {
    BsonDocument description = new BsonDocument("updatedFields", updated);
    description.put("removedFields", removed);
    description.put("truncatedArrays", truncated);
    description.put("disambiguatedPaths", ambiguous);
    boolean changed = !(updated.isEmpty() && removed.isEmpty() && truncated.isEmpty());
    return new Result(after, description, changed);
  }

  private void apply(String operator, String path, BsonValue operand, boolean inserting) {
    BsonValue before = FieldPaths.get(after, path);
    switch (operator) {
      case "$set" -> set(path, operand);
      case "$setOnInsert" -> {
        if (inserting) {
          set(path, operand);
        }
      }
      case "$inc" -> set(path, before == null ? operand : sum(before, operand));
      case "$unset" -> {
        if (before != null) {
          noteAmbiguity(path);
          FieldPaths.remove(after, path);
          removed.add(new BsonString(path));
        }
      }
      case "$push" -> {
        BsonArray array = before == null ? new BsonArray() : before.asArray();
        if (before == null) {
          set(path, new BsonArray(List.of(operand)));
        } else {
          set(path + "." + array.size(), operand);
        }
      }
      default -> throw new CommandError(9, "Unknown modifier: " + operator);
    }
  }

  private void set(String path, BsonValue value) {
    if (value.equals(FieldPaths.get(after, path))) {
      return;
    }
    if (path.equals("_id")) {
      throw new CommandError(
          66, "Performing an update on the path '_id' would modify the immutable field '_id'");
    }
    noteAmbiguity(path);
    FieldPaths.set(after, path, value);
    updated.put(path, value);
  }

  /** Records which of field and element a numeric step of a path means. */
  private void noteAmbiguity(String path) {
    String[] steps = path.split("\\.", -1);
    BsonArray shown = new BsonArray();
    boolean doubtful = false;
    StringBuilder parent = new StringBuilder();
    for (String step : steps) {
      BsonValue at = parent.length() == 0 ? after : FieldPaths.get(after, parent.toString());
      int index = FieldPaths.index(step);
      doubtful |= index >= 0;
      shown.add(
          index >= 0 && at != null && at.isArray() ? new BsonInt32(index) : new BsonString(step));
      parent.append(parent.length() == 0 ? "" : ".").append(step);
    }
    if (doubtful) {
      ambiguous.put(path, shown);
    }
  }

  private static BsonValue sum(BsonValue left, BsonValue right) {
    if (!left.isNumber() || !right.isNumber()) {
      throw new CommandError(14, "Cannot apply $inc to a value of non-numeric type");
    }
    if (left.isDouble() || right.isDouble()) {
      return new BsonDouble(left.asNumber().doubleValue() + right.asNumber().doubleValue());
    }
    long sum = left.asNumber().longValue() + right.asNumber().longValue();
    return left.isInt64() || right.isInt64() || (int) sum != sum
        ? new BsonInt64(sum)
        : new BsonInt32((int) sum);
  }
}
