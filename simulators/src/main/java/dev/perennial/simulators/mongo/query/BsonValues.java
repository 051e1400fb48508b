package dev.perennial.simulators.mongo.query;

import dev.perennial.simulators.mongo.wire.CommandError;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.bson.UuidRepresentation;
import org.jspecify.annotations.Nullable;

/** The server's order and equality of values of any types, and helpers to read values. */
public final class BsonValues {

  private BsonValues() {}

  static boolean equal(BsonValue left, BsonValue right) {
    return rank(left) == rank(right) && compare(left, right) == 0;
  }

  /** Compares by the type's rank first, then by value. */
  public static int compare(BsonValue left, BsonValue right) {
    int byRank = Integer.compare(rank(left), rank(right));
    if (byRank != 0) {
      return byRank;
    }
    return switch (left.getBsonType()) {
      case INT32, INT64, DOUBLE, DECIMAL128 -> numbers(left, right);
      case STRING -> left.asString().getValue().compareTo(right.asString().getValue());
      case DOCUMENT -> documents(left.asDocument(), right.asDocument());
      case ARRAY -> arrays(left.asArray(), right.asArray());
      case OBJECT_ID -> left.asObjectId().compareTo(right.asObjectId());
      case BOOLEAN -> left.asBoolean().compareTo(right.asBoolean());
      case DATE_TIME -> left.asDateTime().compareTo(right.asDateTime());
      case TIMESTAMP -> left.asTimestamp().compareTo(right.asTimestamp());
      case BINARY -> Arrays.compareUnsigned(left.asBinary().getData(), right.asBinary().getData());
      default -> left.equals(right) ? 0 : left.toString().compareTo(right.toString());
    };
  }

  static int rank(BsonValue value) {
    return rank(value.getBsonType());
  }

  private static int rank(BsonType type) {
    return switch (type) {
      case MIN_KEY -> 0;
      case UNDEFINED -> 1;
      case NULL -> 2;
      case INT32, INT64, DOUBLE, DECIMAL128 -> 3;
      case STRING, SYMBOL -> 4;
      case DOCUMENT -> 5;
      case ARRAY -> 6;
      case BINARY -> 7;
      case OBJECT_ID -> 8;
      case BOOLEAN -> 9;
      case DATE_TIME -> 10;
      case TIMESTAMP -> 11;
      case REGULAR_EXPRESSION -> 12;
      default -> 13;
    };
  }

  private static int numbers(BsonValue left, BsonValue right) {
    if (left.isDouble() || right.isDouble()) {
      return Double.compare(left.asNumber().doubleValue(), right.asNumber().doubleValue());
    }
    return decimal(left).compareTo(decimal(right));
  }

  private static BigDecimal decimal(BsonValue value) {
    return value.isDecimal128()
        ? value.asDecimal128().getValue().bigDecimalValue()
        : BigDecimal.valueOf(value.asNumber().longValue());
  }

  private static int documents(BsonDocument left, BsonDocument right) {
    Iterator<Map.Entry<String, BsonValue>> rights = right.entrySet().iterator();
    for (Map.Entry<String, BsonValue> field : left.entrySet()) {
      if (!rights.hasNext()) {
        return 1;
      }
      Map.Entry<String, BsonValue> other = rights.next();
      int byType = Integer.compare(rank(field.getValue()), rank(other.getValue()));
      int byName = byType != 0 ? byType : field.getKey().compareTo(other.getKey());
      int order = byName != 0 ? byName : compare(field.getValue(), other.getValue());
      if (order != 0) {
        return order;
      }
    }
    return rights.hasNext() ? -1 : 0;
  }

  private static int arrays(BsonArray left, BsonArray right) {
    for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
      int order = compare(left.get(i), right.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.size(), right.size());
  }

  /** A field's text; null if it has none. */
  public static @Nullable String text(BsonDocument document, String name) {
    return document.get(name) instanceof BsonString text ? text.getValue() : null;
  }

  public static BsonBinary binary(UUID uuid) {
    return new BsonBinary(uuid, UuidRepresentation.STANDARD);
  }

  /** Whether an expression of that value is true. */
  static boolean isTrue(BsonValue value) {
    return switch (value.getBsonType()) {
      case BOOLEAN -> value.asBoolean().getValue();
      case INT32, INT64, DOUBLE -> value.asNumber().doubleValue() != 0;
      case NULL, UNDEFINED -> false;
      default -> true;
    };
  }

  /** Tests whether a value is a text that a regular expression finds something in. */
  static Predicate<BsonValue> regex(BsonRegularExpression regex) {
    int flags = 0;
    for (char option : regex.getOptions().toCharArray()) {
      flags |=
          switch (option) {
            case 'i' -> Pattern.CASE_INSENSITIVE;
            case 'm' -> Pattern.MULTILINE;
            case 's' -> Pattern.DOTALL;
            case 'x' -> Pattern.COMMENTS;
            default -> throw new CommandError(51108, "invalid flag in regex options: " + option);
          };
    }
    Pattern pattern = Pattern.compile(regex.getPattern(), flags);
    return value -> value.isString() && pattern.matcher(value.asString().getValue()).find();
  }
}
