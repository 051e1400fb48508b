package dev.perennial.transport.netty.internal.frame;

/** The peer broke a rule of RFC 6455. The code is what our close frame says about it. */
public final class ProtocolViolation extends Exception {

  private static final long serialVersionUID = 1;

  private final int code;

  private ProtocolViolation(int code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  /** Broken framing. */
  static ProtocolViolation framing(String message) {
    return new ProtocolViolation(CloseCode.PROTOCOL_ERROR, message);
  }

  /** A text that is not UTF-8. */
  static ProtocolViolation text(String message) {
    return new ProtocolViolation(CloseCode.INVALID_TEXT, message);
  }

  public int code() {
    return code;
  }

  public String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
