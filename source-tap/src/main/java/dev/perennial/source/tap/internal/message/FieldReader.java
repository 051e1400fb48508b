package dev.perennial.source.tap.internal.message;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the known fields of one JSON object in any order and skips the others. What is wrong with a
 * field is kept, not thrown: only when the whole message has been read is it known which parts of
 * it count.
 */
abstract class FieldReader {

  private final String object;
  private int seen;
  private @Nullable String problem;

  /**
   * @param object what to call the object in a problem
   */
  FieldReader(String object) {
    this.object = object;
  }

  /** The first thing that is wrong with the object, or null. */
  public final @Nullable String problem() {
    return problem;
  }

  /** Reads the object whose beginning is the parser's current token, up to its end. */
  final void readObject(JsonParser parser) {
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      JsonToken value = parser.nextToken();
      if (!readField(name, value, parser)) {
        parser.skipChildren();
      }
    }
  }

  /** Takes the field's value, the parser's current token, and says whether it did. */
  abstract boolean readField(String name, JsonToken value, JsonParser parser);

  /** Keeps the first problem. */
  final void problem(String what) {
    if (problem == null) {
      problem = what;
    }
  }

  /**
   * Says that a field is there, once: which of two counts would be a guess.
   *
   * @param bit which field, as a power of two
   */
  final void mark(int bit, String name) {
    if ((seen & bit) != 0) {
      problem(object + " has more than one \"" + name + "\"");
    }
    seen |= bit;
  }

  /** The value of a text field. */
  final @Nullable String text(int bit, String name, JsonToken value, JsonParser parser) {
    mark(bit, name);
    if (value != JsonToken.VALUE_STRING) {
      illTyped(name, "a text", value);
      return null;
    }
    return parser.getString();
  }

  /** The value of a field that is true or false. */
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

  /** Checks that a field is there. */
  final void require(int bit, String name) {
    if ((seen & bit) == 0) {
      problem(object + " lacks \"" + name + "\"");
    }
  }

  /** A text that the check has found to be there. */
  static String checked(@Nullable String text) {
    return Objects.requireNonNull(text, "the fields were not checked");
  }

  /** A token's kind in JSON's words. */
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
