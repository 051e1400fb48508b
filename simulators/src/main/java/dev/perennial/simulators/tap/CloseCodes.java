package dev.perennial.simulators.tap;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The rules for the payload of a close frame. */
final class CloseCodes {

  /** The peer broke the protocol. */
  static final int PROTOCOL_ERROR = 1002;

  private CloseCodes() {}

  /**
   * Whether a code may stand in a close frame: some stand for what was not one, and some are not
   * given out.
   */
  static boolean mayBeSent(int code) {
    return (code >= 1000 && code <= 1003)
        || (code >= 1007 && code <= 1013)
        || (code >= 3000 && code <= 4999);
  }

  /** The reason, behind the code. */
  static String reason(byte[] payload) throws ClientFrames.ProtocolError {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(payload, 2, payload.length - 2))
          .toString();
    } catch (CharacterCodingException e) {
      throw new ClientFrames.ProtocolError("invalid utf8 payload in close frame");
    }
  }
}
