package dev.perennial.transport.netty.internal.frame;

import java.nio.charset.StandardCharsets;

/** The payload of a close frame: RFC 6455, section 5.5.1. The reason is ASCII. */
public final class ClosePayload {

  /** The most bytes of a reason: a control frame's payload of 125 bytes without the code. */
  private static final int MAX_REASON = 123;

  private ClosePayload() {}

  /** Returns the payload with a code and a reason, which is cut to its longest length. */
  public static byte[] of(int code, String reason) {
    if (code == CloseCode.NONE) {
      return new byte[0];
    }
    byte[] words = reason.getBytes(StandardCharsets.US_ASCII);
    int length = Math.min(words.length, MAX_REASON);
    byte[] payload = new byte[2 + length];
    payload[0] = (byte) (code >>> 8);
    payload[1] = (byte) code;
    System.arraycopy(words, 0, payload, 2, length);
    return payload;
  }
}
