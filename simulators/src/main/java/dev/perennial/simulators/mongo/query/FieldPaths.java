package dev.perennial.simulators.mongo.query;

import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** Dotted paths into documents. */
public final class FieldPaths {

  private FieldPaths() {}

  /** All values that a query means by a path: it reaches into the elements of arrays. */
  public static List<BsonValue> values(BsonDocument document, String path) {
    List<BsonValue> found = new ArrayList<>();
    collect(document, path.split("\\.", -1), 0, found);
    return found;
  }

  private static void collect(BsonValue at, String[] path, int depth, List<BsonValue> found) {
    if (depth == path.length) {
      found.add(at);
      return;
    }
    if (at.isDocument()) {
      BsonValue child = at.asDocument().get(path[depth]);
      if (child != null) {
        collect(child, path, depth + 1, found);
      }
    } else if (at.isArray()) {
      BsonArray array = at.asArray();
      int index = index(path[depth]);
      if (index >= 0 && index < array.size()) {
        collect(array.get(index), path, depth + 1, found);
      }
      for (BsonValue element : array) {
        if (element.isDocument()) {
          collect(element, path, depth, found);
        }
      }
    }
  }

  /** The one value that an update means by a path. */
  static @Nullable BsonValue get(BsonDocument document, String path) {
    BsonValue at = document;
    for (String step : path.split("\\.", -1)) {
      at = child(at, step);
      if (at == null) {
        return null;
      }
    }
    return at;
  }

  public static void set(BsonDocument document, String path, BsonValue value) {
    String[] steps = path.split("\\.", -1);
    BsonValue at = document;
    for (int i = 0; i < steps.length - 1; i++) {
      BsonValue next = child(at, steps[i]);
      if (next == null || !(next.isDocument() || next.isArray())) {
        next = new BsonDocument();
        put(at, steps[i], next);
      }
      at = next;
    }
    put(at, steps[steps.length - 1], value);
  }

  static void remove(BsonDocument document, String path) {
    int dot = path.lastIndexOf('.');
    BsonValue parent = dot < 0 ? document : get(document, path.substring(0, dot));
    String last = path.substring(dot + 1);
    if (parent != null && parent.isDocument()) {
      parent.asDocument().remove(last);
    } else if (parent != null && parent.isArray()) {
      int index = index(last);
      if (index >= 0 && index < parent.asArray().size()) {
        parent.asArray().set(index, BsonNull.VALUE);
      }
    }
  }

  /** A step as an array's index; -1 if it is none. */
  static int index(String step) {
    if (step.isEmpty() || step.length() > 9) {
      return -1;
    }
    for (int i = 0; i < step.length(); i++) {
      if (step.charAt(i) < '0' || step.charAt(i) > '9') {
        return -1;
      }
    }
    return Integer.parseInt(step);
  }

  private static @Nullable BsonValue child(BsonValue at, String step) {
    if (at.isDocument()) {
      return at.asDocument().get(step);
    }
    if (at.isArray()) {
      int index = index(step);
      return index >= 0 && index < at.asArray().size() ? at.asArray().get(index) : null;
    }
    return null;
  }

  private static void put(BsonValue at, String step, BsonValue value) {
    if (at.isDocument()) {
      at.asDocument().put(step, value);
      return;
    }
    int index = index(step);
    if (!at.isArray() || index < 0) {
      throw new CommandError(28, "Cannot create field '" + step + "' in element " + at);
    }
    BsonArray array = at.asArray();
    while (array.size() <= index) {
      array.add(BsonNull.VALUE);
    }
    array.set(index, value);
  }
}
