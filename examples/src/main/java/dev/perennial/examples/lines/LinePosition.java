package dev.perennial.examples.lines;

import dev.perennial.port.Position;

// tag::position
/**
 * Where a line ends, and in which file: a file that was replaced has another first line.
 *
 * @param offset the bytes up to and including the line's end
 * @param firstLine the checksum of the file's first line; 0 at offset 0, which every file has
 */
public record LinePosition(long offset, int firstLine) implements Position {

  /** Before the first line of whatever file is there. */
  static final LinePosition BEGINNING = new LinePosition(0, 0);
}
// end::position
