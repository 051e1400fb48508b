package dev.perennial.examples.lines;

import dev.perennial.port.Position;

// tag::position
/**
 * The end of a line. The checksum of the first line tells whether the file was replaced.
 *
 * @param offset the number of bytes up to and including the line's end
 * @param firstLine the checksum of the file's first line; 0 at offset 0
 */
public record LinePosition(long offset, int firstLine) implements Position {

  /** The beginning of any file. */
  static final LinePosition BEGINNING = new LinePosition(0, 0);
}
// end::position
