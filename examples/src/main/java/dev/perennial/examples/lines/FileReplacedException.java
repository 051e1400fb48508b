package dev.perennial.examples.lines;

import java.io.IOException;
import java.nio.file.Path;

/** The file is not the one that a position refers to. */
final class FileReplacedException extends IOException {

  private static final long serialVersionUID = 1;

  FileReplacedException(Path file, LinePosition position) {
    super(file + " was replaced or truncated after " + position.offset() + " bytes were read");
  }
}
