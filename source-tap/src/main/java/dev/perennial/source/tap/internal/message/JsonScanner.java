package dev.perennial.source.tap.internal.message;

import java.util.Arrays;

/**
 * A scanner of strict JSON (RFC 8259), which moves over the bytes of a message from value to value.
 * It checks the form of each value and gives its offset; {@link JsonText} decodes texts. Not safe
 * for use from several threads.
 *
 * <p>It exists because a library's parser is created for each message, which costs more time and
 * memory than everything else that is done with an event.
 */
final class JsonScanner {

  private byte[] json = {};
  private int at;

  /**
   * The open objects and arrays of a value that is skipped: a bit for each level, set for an
   * object. So the nesting needs no limit.
   */
  private long[] levels = new long[1];

  /** Begins another message. */
  void reset(byte[] message) {
    json = message;
    at = 0;
  }

  /** Returns the message. */
  byte[] message() {
    return json;
  }

  /** Returns the offset of the next byte. */
  int offset() {
    return at;
  }

  /** Returns the next byte that is no white space, and moves there; 0 at the end of the message. */
  byte peek() {
    byte next = current();
    return next > ' ' ? next : skipSpace(next);
  }

  private byte skipSpace(byte first) {
    byte next = first;
    while (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
      at++;
      next = current();
    }
    return next;
  }

  private byte current() {
    // No byte of value 0 is allowed outside of a text, so it can stand for the end.
    return at < json.length ? json[at] : 0;
  }

  /** Returns whether nothing but white space is left. */
  boolean isAtEnd() {
    peek();
    return at == json.length;
  }

  /** Enters the object that begins here. Returns false if it is empty; then it is skipped. */
  boolean enterObject() throws TapFormatException {
    expect('{');
    return !skip('}');
  }

  /** Moves on after a field's value. Returns false if the object ends here; then it is left. */
  boolean continueObject() throws TapFormatException {
    if (skip(',')) {
      return true;
    }
    expect('}');
    return false;
  }

  /**
   * Reads a field's name.
   *
   * @param guess the name that it probably has, as an index of {@code names}
   * @return the index of the name, or -1 if it is none of {@code names}
   */
  int readName(KnownWords names, int guess) throws TapFormatException {
    peek();
    int start = at;
    int name = guess;
    if (names.isAt(json, start, guess)) {
      at += names.lengthInJson(guess);
    } else {
      skipText();
      name = names.find(json, start);
    }
    expect(':');
    return name;
  }

  /** Skips the value that begins here, with all that is in it. */
  void skipValue() throws TapFormatException {
    int depth = 0;
    do {
      byte first = peek();
      if (first == '{') {
        at++;
        if (!skip('}')) {
          push(depth++, true);
          skipName();
          continue;
        }
      } else if (first == '[') {
        at++;
        if (!skip(']')) {
          push(depth++, false);
          continue;
        }
      } else {
        skipScalar(first);
      }
      // The value has ended, and so have those around it that do not continue.
      while (depth > 0 && !skip(',')) {
        depth--;
        expect(isObject(depth) ? '}' : ']');
      }
      if (depth > 0 && isObject(depth - 1)) {
        skipName();
      }
    } while (depth > 0);
  }

  private void push(int depth, boolean object) {
    int word = depth / Long.SIZE;
    if (word == levels.length) {
      levels = Arrays.copyOf(levels, 2 * word);
    }
    long bit = 1L << depth;
    levels[word] = object ? levels[word] | bit : levels[word] & ~bit;
  }

  private boolean isObject(int depth) {
    return (levels[depth / Long.SIZE] & (1L << depth)) != 0;
  }

  private void skipName() throws TapFormatException {
    peek();
    skipText();
    expect(':');
  }

  private void skipScalar(byte first) throws TapFormatException {
    switch (first) {
      case '"' -> skipText();
      case 't' -> skipWord("true");
      case 'f' -> skipWord("false");
      case 'n' -> skipWord("null");
      default -> skipNumber();
    }
  }

  private void skipText() throws TapFormatException {
    expectHere('"');
    at = JsonText.endOfPlain(json, at);
    while (current() == '\\') {
      at++;
      skipEscaped();
      at = JsonText.endOfPlain(json, at);
    }
    expectHere('"');
  }

  private void skipEscaped() throws TapFormatException {
    switch (current()) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at++;
      case 'u' -> {
        at++;
        for (int i = 0; i < 4; i++) {
          if (Character.digit(current(), 16) < 0) {
            throw unexpected();
          }
          at++;
        }
      }
      default -> throw unexpected();
    }
  }

  private void skipWord(String word) throws TapFormatException {
    for (int i = 0; i < word.length(); i++) {
      expectHere(word.charAt(i));
    }
  }

  private void skipNumber() throws TapFormatException {
    skipHere('-');
    if (!skipHere('0')) {
      skipDigits();
    } else if (isDigit(current())) {
      throw unexpected();
    }
    if (skipHere('.')) {
      skipDigits();
    }
    if (skipHere('e') || skipHere('E')) {
      if (!skipHere('+')) {
        skipHere('-');
      }
      skipDigits();
    }
  }

  private void skipDigits() throws TapFormatException {
    if (!isDigit(current())) {
      throw unexpected();
    }
    do {
      at++;
    } while (isDigit(current()));
  }

  private static boolean isDigit(byte value) {
    return value >= '0' && value <= '9';
  }

  /** Skips a character, after white space, if it is here. */
  private boolean skip(char character) {
    if (peek() != character) {
      return false;
    }
    at++;
    return true;
  }

  private boolean skipHere(char character) {
    if (current() != character) {
      return false;
    }
    at++;
    return true;
  }

  private void expect(char character) throws TapFormatException {
    if (!skip(character)) {
      throw unexpected();
    }
  }

  private void expectHere(char character) throws TapFormatException {
    if (!skipHere(character)) {
      throw unexpected();
    }
  }

  private TapFormatException unexpected() {
    String what = "it ends too early";
    if (at < json.length) {
      int next = json[at] & 0xFF;
      what =
          (next > ' ' && next < 0x7F
                  ? "unexpected '" + (char) next + "'"
                  : "unexpected byte 0x" + Integer.toHexString(next))
              + " at offset "
              + at;
    }
    return new TapFormatException("the message is not JSON (" + what + ")");
  }
}
