package dev.perennial.examples.lines;

import dev.perennial.port.Malformed;

/** An event of a {@link LineSource}. */
public sealed interface LogEvent {

  /** A line, without its line break. */
  record Line(String text) implements LogEvent {}

  /**
   * The file was replaced or truncated. Lines at its old end that were not read before are lost.
   *
   * @param why how the source detected it
   */
  record Gap(String why) implements LogEvent {}

  /**
   * A line over the limit of {@link LineConnection#MAX_LINE_LENGTH} bytes.
   *
   * @param raw its first {@link Malformed#RAW_LIMIT} bytes
   * @param size its length, in bytes
   */
  record TooLong(byte[] raw, long size) implements LogEvent, Malformed {

    @Override
    public Throwable cause() {
      return new IllegalArgumentException(
          "the line has " + size + " bytes, over the limit of " + LineConnection.MAX_LINE_LENGTH);
    }

    @Override
    public String toString() {
      return "TooLong[" + size + " bytes]";
    }
  }
}
