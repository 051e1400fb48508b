package dev.perennial.source.tap.internal.message;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A reader of the known fields of one JSON object, in any order; it skips other fields. It keeps a
 * problem instead of throwing, because only the whole message shows which of its objects count.
 */
abstract class FieldReader {

  private final String object;
  private int seen;
  private @Nullable String problem;

  /**
   * @param object the name of the object in a problem
   */
  FieldReader(String object) {
    this.object = object;
  }

  /** Returns the first problem of the object, or null. */
  public final @Nullable String problem() {
    return problem;
  }

  /** Reads an object from the parser's current token, which begins it, to its end. */
  final void readObject(JsonParser parser) {
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      JsonToken value = parser.nextToken();
      if (!readField(name, value, parser)) {
        parser.skipChildren();
      }
    }
  }

  /** Reads a field's value from the parser's current token, and returns whether it did. */
  abstract boolean readField(String name, JsonToken value, JsonParser parser);

  /** Keeps the first problem. */
  final void problem(String what) {
    if (problem == null) {
      problem = what;
    }
  }

  /**
   * Marks a field as present. A second one is a problem, because either might be meant.
   *
   * @param bit the field's bit, a power of two
   */
  final void mark(int bit, String name) {
    if ((seen & bit) != 0) {
      problem(object + " has more than one \"" + name + "\"");
    }
    seen |= bit;
  }

  /** Returns the value of a string field. */
  final @Nullable String text(int bit, String name, JsonToken value, JsonParser parser) {
    mark(bit, name);
    if (value != JsonToken.VALUE_STRING) {
      illTyped(name, "a text", value);
      return null;
    }
    return parser.getString();
  }

  /** Returns the value of a boolean field. */
  final boolean flag(int bit, String name, JsonToken value) {
    mark(bit, name);
    if (value != JsonToken.VALUE_TRUE && value != JsonToken.VALUE_FALSE) {
      illTyped(name, "true or false", value);
    }
    return value == JsonToken.VALUE_TRUE;
  }

  final void illTyped(String name, String wanted, JsonToken value) {
    problem("\"" + name + "\" of " + object + " must be " + wanted + ", but is " + describe(value));
  }

  /** Checks that a field is present. */
  final void require(int bit, String name) {
    if ((seen & bit) == 0) {
      problem(object + " lacks \"" + name + "\"");
    }
  }

  /** Returns a string that the check has found present. */
  static String checked(@Nullable String text) {
    return Objects.requireNonNull(text, "the fields were not checked");
  }

  /** Returns the name of a token's kind. */
  static String describe(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a text";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_TRUE, VALUE_FALSE -> "true or false";
      case VALUE_NULL -> "null";
      default -> token.name();
    };
  }
}
