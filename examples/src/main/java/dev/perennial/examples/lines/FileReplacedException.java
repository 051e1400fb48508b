package dev.perennial.examples.lines;

import java.io.IOException;
import java.nio.file.Path;

/** The file is no longer the one that a position was made for. */
final class FileReplacedException extends IOException {

  private static final long serialVersionUID = 1;

  FileReplacedException(Path file, LinePosition position) {
    super(file + " is not the file any more of which " + position.offset() + " bytes were read");
  }
}
