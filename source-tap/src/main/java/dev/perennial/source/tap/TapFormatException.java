package dev.perennial.source.tap;

/** Why a message is malformed. Without a stack trace, which would only ever show the decoder. */
final class TapFormatException extends Exception {

  private static final long serialVersionUID = 1;

  TapFormatException(String message) {
    super(message, null, false, false);
  }
}
