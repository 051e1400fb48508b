package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.wire.CommandError;

/**
 * Reads key strings, as far as parsing and validating a resume token needs. A premature end is the
 * server's own error.
 */
final class KeyStringReader {

  private final byte[] bytes;
  private int at;

  KeyStringReader(byte[] bytes) {
    this.bytes = bytes;
  }

  boolean atEnd() {
    return peek() == KeyStringWriter.END;
  }

  int position() {
    return at;
  }

  int peek() {
    require(1);
    return bytes[at] & 0xff;
  }

  int next() {
    require(1);
    return bytes[at++] & 0xff;
  }

  long bigEndian(int count) {
    require(count);
    long value = 0;
    for (int i = 0; i < count; i++) {
      value = value << 8 | (bytes[at++] & 0xff);
    }
    return value;
  }

  /** A whole number that is not negative; -1 for any other value. */
  long number() {
    int type = next();
    if (type == KeyStringWriter.ZERO) {
      return 0;
    }
    if (type >= KeyStringWriter.POSITIVE_1 && type < KeyStringWriter.POSITIVE_1 + 8) {
      return bigEndian(type - KeyStringWriter.POSITIVE_1 + 1) >>> 1;
    }
    at--;
    skip();
    return -1;
  }

  /** Steps over one value. */
  void skip() {
    int type = next();
    switch (type) {
      case KeyStringWriter.NULL,
          KeyStringWriter.ZERO,
          KeyStringWriter.TRUE,
          KeyStringWriter.FALSE -> {}
      case KeyStringWriter.STRING -> skipText();
      case KeyStringWriter.OBJECT -> skipObject();
      case KeyStringWriter.ARRAY -> skipArray();
      case KeyStringWriter.BINARY -> {
        int length = next();
        if (length == 0xff) {
          length = (int) bigEndian(4);
        }
        skipBytes(length + 1);
      }
      case KeyStringWriter.OBJECT_ID -> skipBytes(12);
      case KeyStringWriter.DATE, KeyStringWriter.TIMESTAMP, 0x28, 0x2a -> skipBytes(8);
      default -> {
        if (type >= KeyStringWriter.POSITIVE_1 && type < KeyStringWriter.POSITIVE_1 + 8) {
          skipBytes(type - KeyStringWriter.POSITIVE_1 + 1);
        } else if (type <= KeyStringWriter.NEGATIVE_1 && type > KeyStringWriter.NEGATIVE_1 - 8) {
          skipBytes(KeyStringWriter.NEGATIVE_1 - type + 1);
        } else {
          throw new CommandError(50811, "Unknown type: " + type);
        }
      }
    }
  }

  private void skipText() {
    while (true) {
      if (next() == 0) {
        if (at < bytes.length && (bytes[at] & 0xff) == 0xff) {
          at++;
        } else {
          return;
        }
      }
    }
  }

  private void skipObject() {
    while (next() != 0) {
      skipName();
      skip();
    }
  }

  private void skipName() {
    int last;
    do {
      last = next();
    } while (last != 0);
  }

  private void skipArray() {
    while (peek() != 0) {
      skip();
    }
    at++;
  }

  private void skipBytes(int count) {
    require(count);
    at += count;
  }

  private void require(int count) {
    if (count < 0 || bytes.length - at < count) {
      throw new CommandError(15, "Attempted to read past end of buffer.");
    }
  }
}
