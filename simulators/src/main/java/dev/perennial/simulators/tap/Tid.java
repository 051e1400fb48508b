package dev.perennial.simulators.tap;

/**
 * Writes atproto's timestamp identifiers, which repositories have for revisions and records for
 * keys.
 */
final class Tid {

  private static final String DIGITS = "234567abcdefghijklmnopqrstuvwxyz";
  private static final int LENGTH = 13;
  private static final int CLOCK_BITS = 10;

  private Tid() {}

  /** The identifier of a time in microseconds, on clock 0. */
  static String of(long micros) {
    long value = micros << CLOCK_BITS;
    char[] text = new char[LENGTH];
    for (int i = LENGTH - 1; i >= 0; i--) {
      text[i] = DIGITS.charAt((int) (value & 31));
      value >>>= 5;
    }
    return new String(text);
  }
}
