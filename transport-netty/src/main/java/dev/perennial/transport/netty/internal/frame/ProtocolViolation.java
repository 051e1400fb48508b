package dev.perennial.transport.netty.internal.frame;

/** The error of a peer that broke a rule of RFC 6455, with the code for the close frame. */
public final class ProtocolViolation extends Exception {

  private static final long serialVersionUID = 1;

  private final int code;

  private ProtocolViolation(int code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  /** Makes the error of invalid framing. */
  static ProtocolViolation framing(String message) {
    return new ProtocolViolation(CloseCode.PROTOCOL_ERROR, message);
  }

  /** Makes the error of a text that is not UTF-8. */
  static ProtocolViolation text(String message) {
    return new ProtocolViolation(CloseCode.INVALID_TEXT, message);
  }

  /** Returns the code for the close frame. */
  public int code() {
    return code;
  }

  /** Returns the broken rule in one clause. */
  public String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
