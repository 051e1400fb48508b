package dev.perennial.simulators.tap;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads what a client sends, as Go's decoder of JSON reads it into {@code struct{Type string; ID
 * uint}}: field names in any case, null for nothing, the last of equal fields, and the first value
 * of the message only.
 */
final class AckParser {

  /** A client's message that ends its connection. */
  static final class Unreadable extends Exception {

    private static final long serialVersionUID = 1;

    Unreadable(String message) {
      super(message);
    }
  }

  /** Takes the id of an ack. */
  interface Acks {
    void ack(long id);
  }

  private static final byte[] USUAL_START =
      "{\"type\":\"ack\",\"id\":".getBytes(StandardCharsets.US_ASCII);

  /** The most digits that always fit a long. */
  private static final int SAFE_DIGITS = 18;

  private static final JsonMapper MAPPER =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(10_000) // Go's own limit
                      .maxNumberLength(Integer.MAX_VALUE)
                      .maxStringLength(Integer.MAX_VALUE)
                      .maxNameLength(Integer.MAX_VALUE)
                      .build())
              .build());

  private AckParser() {}

  /**
   * Reads a message, text or binary.
   *
   * @param acks gets the id if it is an ack
   * @throws Unreadable if it is nothing that Go could decode
   */
  static void parse(byte[] message, int length, Acks acks) throws Unreadable {
    long id = usualId(message, length);
    if (id >= 0) {
      acks.ack(id);
      return;
    }
    try {
      parseAny(new String(message, 0, length, StandardCharsets.UTF_8), acks);
    } catch (JacksonException e) {
      throw new Unreadable("no JSON: " + e.getOriginalMessage());
    }
  }

  /** The id of a message as all clients write it, and -1 for any other. */
  private static long usualId(byte[] message, int length) {
    int digits = length - USUAL_START.length - 1;
    if (digits < 1 || digits > SAFE_DIGITS || message[length - 1] != '}') {
      return -1;
    }
    for (int i = 0; i < USUAL_START.length; i++) {
      if (message[i] != USUAL_START[i]) {
        return -1;
      }
    }
    if (message[USUAL_START.length] == '0') {
      return -1;
    }
    long id = 0;
    for (int i = USUAL_START.length; i < length - 1; i++) {
      int digit = message[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      id = id * 10 + digit;
    }
    return id;
  }

  private static void parseAny(String text, Acks acks) throws Unreadable {
    if (text.startsWith("\uFEFF")) {
      throw new Unreadable("a byte order mark, which is no JSON");
    }
    try (JsonParser json = MAPPER.createParser(text)) {
      JsonToken first = json.nextToken();
      if (first == JsonToken.VALUE_NULL) {
        return;
      }
      if (first != JsonToken.START_OBJECT) {
        throw new Unreadable("no object, but " + first);
      }
      String type = "";
      long id = 0;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (value == JsonToken.VALUE_NULL) {
          continue;
        }
        if (name.equalsIgnoreCase("type")) {
          if (value != JsonToken.VALUE_STRING) {
            throw new Unreadable("a type that is no string, but " + value);
          }
          type = json.getString();
        } else if (name.equalsIgnoreCase("id")) {
          if (value != JsonToken.VALUE_NUMBER_INT) {
            throw new Unreadable("an id that is no integer, but " + value);
          }
          id = unsigned(json.getString());
        } else {
          json.skipChildren();
        }
      }
      if (type.equals("ack")) {
        acks.ack(id);
      }
    }
  }

  private static long unsigned(String number) throws Unreadable {
    try {
      if (number.startsWith("-")) {
        throw new Unreadable("a negative id: " + number);
      }
      return Long.parseUnsignedLong(number);
    } catch (NumberFormatException e) {
      throw new Unreadable("an id over 2^64-1: " + number);
    }
  }
}
