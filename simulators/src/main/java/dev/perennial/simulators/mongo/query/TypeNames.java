package dev.perennial.simulators.mongo.query;

import java.util.Locale;
import org.bson.BsonValue;

/** What the server calls the types of values. */
public final class TypeNames {

  private TypeNames() {}

  public static String of(BsonValue value) {
    return switch (value.getBsonType()) {
      case DOCUMENT -> "object";
      case ARRAY -> "array";
      case STRING -> "string";
      case INT32 -> "int";
      case INT64 -> "long";
      case DOUBLE -> "double";
      case DECIMAL128 -> "decimal";
      case BOOLEAN -> "bool";
      case DATE_TIME -> "date";
      case TIMESTAMP -> "timestamp";
      case BINARY -> "binData";
      case OBJECT_ID -> "objectId";
      case REGULAR_EXPRESSION -> "regex";
      case NULL -> "null";
      default -> value.getBsonType().name().toLowerCase(Locale.ROOT);
    };
  }
}
