package dev.perennial.deadletter.file.internal;

import java.io.IOException;

/** The error of a position that is not, or no longer, the end of a line. */
public final class PositionGoneException extends IOException {

  private static final long serialVersionUID = 1;

  public PositionGoneException(String message) {
    super(message);
  }
}
