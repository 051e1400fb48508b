package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.wire.ByteSink;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/**
 * Writes values as the server's key strings, which sort as bytes in the order of the values.
 * Supports only what resume tokens contain. Numbers of equal value are equal, whatever their type.
 *
 * <p>The type bytes are those of the server's {@code storage/key_string.cpp}, version V1.
 */
final class KeyStringWriter {

  static final int END = 0x04;
  static final int NULL = 0x14;
  static final int NUMERIC = 0x1e;
  static final int ZERO = 0x29;
  static final int POSITIVE_1 = 0x2b;
  static final int NEGATIVE_1 = 0x27;
  static final int STRING = 0x3c;
  static final int OBJECT = 0x46;
  static final int ARRAY = 0x50;
  static final int BINARY = 0x5a;
  static final int OBJECT_ID = 0x64;
  static final int FALSE = 0x6e;
  static final int TRUE = 0x6f;
  static final int DATE = 0x78;
  static final int TIMESTAMP = 0x82;

  private final ByteSink sink = new ByteSink(64);

  KeyStringWriter timestamp(BsonTimestamp time) {
    sink.int8(TIMESTAMP);
    bigEndian(time.getValue(), 8);
    return this;
  }

  KeyStringWriter bool(boolean value) {
    sink.int8(value ? TRUE : FALSE);
    return this;
  }

  KeyStringWriter nothing() {
    sink.int8(NULL);
    return this;
  }

  KeyStringWriter uuid(UUID uuid) {
    sink.int8(BINARY);
    sink.int8(16);
    sink.int8(4);
    bigEndian(uuid.getMostSignificantBits(), 8);
    bigEndian(uuid.getLeastSignificantBits(), 8);
    return this;
  }

  /**
   * A whole number: as many bytes as it needs, doubled, so that the last bit can say "and more".
   */
  KeyStringWriter number(long value) {
    if (value == 0) {
      sink.int8(ZERO);
      return this;
    }
    if (value == Long.MIN_VALUE) {
      throw new IllegalArgumentException("A key string cannot hold " + value + " here.");
    }
    boolean negative = value < 0;
    long doubled = Math.abs(value);
    if (doubled >>> 62 != 0) {
      throw new IllegalArgumentException("A key string cannot hold " + value + " here.");
    }
    doubled <<= 1;
    int bytes = (71 - Long.numberOfLeadingZeros(doubled)) / 8;
    sink.int8(negative ? NEGATIVE_1 - (bytes - 1) : POSITIVE_1 + bytes - 1);
    bigEndian(negative ? ~doubled : doubled, bytes);
    return this;
  }

  KeyStringWriter object(BsonDocument document) {
    sink.int8(OBJECT);
    for (Map.Entry<String, BsonValue> field : document.entrySet()) {
      sink.int8(typeByte(field.getValue()));
      sink.cstring(field.getKey());
      value(field.getValue());
    }
    sink.int8(0);
    return this;
  }

  /** Ends the key string and returns it as upper-case hex. */
  String toHex() {
    sink.int8(END);
    StringBuilder hex = new StringBuilder(sink.size() * 2);
    for (int i = 0; i < sink.size(); i++) {
      hex.append(Character.toUpperCase(Character.forDigit((sink.array()[i] >> 4) & 0xf, 16)));
      hex.append(Character.toUpperCase(Character.forDigit(sink.array()[i] & 0xf, 16)));
    }
    return hex.toString();
  }

  private void value(BsonValue value) {
    switch (value.getBsonType()) {
      case INT32 -> number(value.asInt32().getValue());
      case INT64 -> number(value.asInt64().getValue());
      case DOUBLE -> real(value.asDouble().getValue());
      case STRING -> text(value.asString().getValue());
      case DOCUMENT -> object(value.asDocument());
      case OBJECT_ID -> {
        sink.int8(OBJECT_ID);
        sink.bytes(value.asObjectId().getValue().toByteArray());
      }
      case BOOLEAN -> bool(value.asBoolean().getValue());
      case DATE_TIME -> {
        sink.int8(DATE);
        bigEndian(value.asDateTime().getValue() ^ Long.MIN_VALUE, 8);
      }
      case TIMESTAMP -> timestamp(value.asTimestamp());
      case BINARY -> binary(value.asBinary());
      case ARRAY -> {
        sink.int8(ARRAY);
        value.asArray().forEach(this::value);
        sink.int8(0);
      }
      case NULL -> nothing();
      default ->
          throw new IllegalArgumentException(
              "The scripted replica set cannot make a resume token of a document key with a "
                  + value.getBsonType()
                  + ".");
    }
  }

  private void text(String text) {
    sink.int8(STRING);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      sink.int8(b);
      if (b == 0) {
        sink.int8(0xff); // so that a zero within is no end
      }
    }
    sink.int8(0);
  }

  private void binary(BsonBinary binary) {
    byte[] data = binary.getData();
    sink.int8(BINARY);
    if (data.length < 0xff) {
      sink.int8(data.length);
    } else {
      sink.int8(0xff);
      bigEndian(data.length, 4);
    }
    sink.int8(binary.getType());
    sink.bytes(data);
  }

  /** Whole doubles are as integers; others take the integer part with the bit set, and the rest. */
  private void real(double value) {
    long whole = (long) value;
    if (value == whole && Math.abs(value) < 1L << 53) {
      number(whole);
      return;
    }
    sink.int8(value < 0 ? 0x28 : 0x2a); // small magnitude: the bits of the double say it all
    long bits = Double.doubleToLongBits(Math.abs(value));
    bigEndian(value < 0 ? ~bits : bits, 8);
  }

  private static int typeByte(BsonValue value) {
    return switch (value.getBsonType()) {
      case INT32, INT64, DOUBLE, DECIMAL128 -> NUMERIC;
      case STRING -> STRING;
      case DOCUMENT -> OBJECT;
      case ARRAY -> ARRAY;
      case BINARY -> BINARY;
      case OBJECT_ID -> OBJECT_ID;
      case BOOLEAN -> FALSE;
      case DATE_TIME -> DATE;
      case TIMESTAMP -> TIMESTAMP;
      default -> NULL;
    };
  }

  private void bigEndian(long value, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) {
      sink.int8((int) (value >>> (8 * i)));
    }
  }
}
