package dev.perennial.transport.netty.internal.frame;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * A fresh masking key for each frame. RFC 6455, section 10.3, wants them unpredictable, from a
 * strong source of entropy; drawing many at once makes that cheap. Not safe for use by several
 * threads at once.
 */
public final class MaskKeyGenerator {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BLOCK = 1024;

  private final byte[] bytes = new byte[BLOCK];
  private final ByteBuffer block = ByteBuffer.wrap(bytes).limit(0);

  public int next() {
    if (!block.hasRemaining()) {
      RANDOM.nextBytes(bytes);
      block.clear();
    }
    return block.getInt();
  }
}
