package dev.perennial.examples.lines;

import dev.perennial.port.Malformed;

/** What a {@link LineSource} gives. */
public sealed interface LogEvent {

  /** A line, without its end. */
  record Line(String text) implements LogEvent {}

  /**
   * Another file has taken the place of the one that was read, or it was truncated. What was at its
   * end and could not be read in time is gone.
   *
   * @param why how one can tell
   */
  record Gap(String why) implements LogEvent {}

  /**
   * A line over the limit of {@link LineConnection#LONGEST_LINE} bytes.
   *
   * @param raw its first {@link Malformed#RAW_LIMIT} bytes
   * @param size how long it is, in bytes
   */
  record TooLong(byte[] raw, long size) implements LogEvent, Malformed {

    @Override
    public Throwable cause() {
      return new IllegalArgumentException(
          "the line has " + size + " bytes, over the limit of " + LineConnection.LONGEST_LINE);
    }

    @Override
    public String toString() {
      return "TooLong[" + size + " bytes]";
    }
  }
}
