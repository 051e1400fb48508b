package dev.perennial.transport.netty.internal.frame;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * A generator of masking keys, one for each frame. RFC 6455, section 10.3, requires a strong source
 * of entropy; drawing many keys at once makes that cheap. Not safe for use from several threads.
 */
public final class MaskKeyGenerator {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BLOCK = 1024;

  private final byte[] bytes = new byte[BLOCK];
  private final ByteBuffer block = ByteBuffer.wrap(bytes).limit(0);

  /** Returns the next key. */
  public int next() {
    if (!block.hasRemaining()) {
      RANDOM.nextBytes(bytes);
      block.clear();
    }
    return block.getInt();
  }
}
