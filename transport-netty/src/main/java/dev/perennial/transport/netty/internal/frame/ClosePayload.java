package dev.perennial.transport.netty.internal.frame;

import java.nio.charset.StandardCharsets;

/**
 * Makes the payload of a close frame: RFC 6455, section 5.5.1. The reason is plain ASCII of ours.
 */
public final class ClosePayload {

  /** A control frame's payload is at most 125 bytes, of which the code takes two. */
  private static final int MAX_REASON = 123;

  private ClosePayload() {}

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
