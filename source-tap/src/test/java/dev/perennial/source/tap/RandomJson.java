package dev.perennial.source.tap;

import dev.perennial.source.tap.JsonWriter.Digits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A generator of random JSON values and of Tap's messages. */
final class RandomJson {

  private static final Set<String> KNOWN =
      Set.of(
          "id",
          "type",
          "record",
          "identity",
          "live",
          "did",
          "rev",
          "collection",
          "rkey",
          "action",
          "cid",
          "handle",
          "is_active",
          "status");
  private static final String[] ODD_TEXTS = {
    "",
    "\uD83D\uDE00",
    "\uD800",
    "\uDC00x",
    "\u0000",
    "a\"\\/\b\f\n\r\tz",
    "\u2028",
    "ä€",
    "\uFEFF",
    "id",
    "type"
  };
  private static final String[] ODD_NUMBERS = {
    "0", "-0", "1e400", "-1.5E-7", "0.10", "9223372036854775807", "123456789012345678901234567890"
  };

  private final Random random;

  RandomJson(Random random) {
    this.random = random;
  }

  String id() {
    return Long.toUnsignedString(random.nextBoolean() ? random.nextLong() : random.nextInt(1_000));
  }

  String recordMessage(String id) {
    Map<String, Object> fields = unknownFields();
    fields.put("live", random.nextBoolean());
    for (String name : List.of("did", "rev", "collection", "rkey")) {
      fields.put(name, text());
    }
    fields.put(
        "action",
        random.nextBoolean()
            ? text()
            : List.of("create", "update", "delete").get(random.nextInt(3)));
    if (random.nextInt(3) > 0) {
      fields.put("cid", random.nextInt(8) == 0 ? new Digits("null") : text());
    }
    if (random.nextInt(3) > 0) {
      fields.put("record", random.nextInt(8) == 0 ? new Digits("null") : object(4));
    }
    return message(id, "record", fields);
  }

  String identityMessage(String id) {
    Map<String, Object> fields = unknownFields();
    fields.put("is_active", random.nextBoolean());
    for (String name : List.of("did", "handle", "status")) {
      fields.put(name, text());
    }
    return message(id, "identity", fields);
  }

  /** Returns a message of an unknown kind, in which other kinds' fields have no meaning. */
  String unknownMessage(String id, String type) {
    Map<String, Object> message = unknownFields();
    message.put("id", new Digits(id));
    message.put("type", type);
    if (random.nextBoolean()) {
      message.put("record", value(3));
    }
    if (random.nextBoolean()) {
      message.put("identity", value(3));
    }
    return JsonWriter.write(message, random);
  }

  private String message(String id, String type, Map<String, Object> fields) {
    Map<String, Object> message = unknownFields();
    message.put("id", new Digits(id));
    message.put("type", type);
    message.put(type, fields);
    return JsonWriter.write(message, random);
  }

  String text() {
    if (random.nextInt(4) == 0) {
      return ODD_TEXTS[random.nextInt(ODD_TEXTS.length)];
    }
    StringBuilder text = new StringBuilder();
    int bound = random.nextBoolean() ? 0x7f : random.nextBoolean() ? 0x900 : 0x10FFFF;
    for (int i = random.nextInt(random.nextInt(20) == 0 ? 300 : 12); i > 0; i--) {
      text.appendCodePoint(random.nextInt(bound + 1));
    }
    return text.toString();
  }

  /** Unlike in a text, Jackson refuses half a surrogate pair in a name. */
  private String name() {
    return new String(text().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private Map<String, Object> unknownFields() {
    Map<String, Object> fields = object(3);
    fields.keySet().removeAll(KNOWN);
    return fields;
  }

  private Map<String, Object> object(int depth) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      fields.put(name(), value(depth - 1));
    }
    return fields;
  }

  private Object value(int depth) {
    return switch (random.nextInt(depth > 0 ? 8 : 5)) {
      case 0, 1 -> text();
      case 2 -> random.nextBoolean();
      case 3 -> new Digits(ODD_NUMBERS[random.nextInt(ODD_NUMBERS.length)]);
      case 4 -> new Digits("null");
      case 5 -> {
        List<Object> items = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          items.add(value(depth - 1));
        }
        yield items;
      }
      default -> object(depth);
    };
  }
}
