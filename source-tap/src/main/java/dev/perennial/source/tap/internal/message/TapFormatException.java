package dev.perennial.source.tap.internal.message;

/** Why a message is malformed. Without a stack trace, which would only ever show the decoder. */
public final class TapFormatException extends Exception {

  private static final long serialVersionUID = 1;

  public TapFormatException(String message) {
    super(message, null, false, false);
  }
}
