package dev.perennial.transport.netty.internal.frame;

/** The codes of close frames: RFC 6455, section 7.4, and its registry. */
public final class CloseCode {

  public static final int NORMAL = 1000;
  static final int PROTOCOL_ERROR = 1002;

  /** Stands for a close frame without a code. */
  static final int NONE = 1005;

  /** Stands for a connection that ended without a close frame. */
  public static final int ABNORMAL = 1006;

  static final int INVALID_TEXT = 1007;

  private CloseCode() {}

  /**
   * Returns whether a close frame may contain a code. 1004 to 1006 and 1015 are reserved, 1012 to
   * 1014 were registered after the RFC, and 3000 and up are for libraries and applications.
   */
  static boolean isAllowedInFrame(int code) {
    return (code >= 1000 && code <= 1003)
        || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code <= 4999);
  }
}
