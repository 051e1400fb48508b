package dev.perennial.transport.netty.internal.frame;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A generator of masking keys, one for each frame. RFC 6455, section 10.3, requires a strong source
 * of entropy, so the keys are the key stream of AES in counter mode with a random key. Drawing each
 * from a {@link SecureRandom} would take longer than the rest of a short frame. Not safe for use
 * from several threads.
 */
public final class MaskKeyGenerator {

  private static final SecureRandom RANDOM = new SecureRandom();

  /** The size of AES's blocks, and of the shortest of its keys, in bytes. */
  private static final int AES_BLOCK = 16;

  private static final byte[] ZEROS = new byte[1024];

  private final Cipher cipher;
  private final byte[] bytes = new byte[ZEROS.length];
  private final ByteBuffer keys = ByteBuffer.wrap(bytes).limit(0);

  /** Makes a generator with a random key. */
  public MaskKeyGenerator() {
    try {
      cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE, new SecretKeySpec(random(), "AES"), new IvParameterSpec(random()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "Cannot make masking keys: this JVM lacks the cipher AES/CTR/NoPadding. Add a security"
              + " provider that has it.",
          e);
    }
  }

  private static byte[] random() {
    byte[] random = new byte[AES_BLOCK];
    RANDOM.nextBytes(random);
    return random;
  }

  /** Returns the next key. */
  public int next() {
    if (!keys.hasRemaining()) {
      encryptZeros();
    }
    return keys.getInt();
  }

  private void encryptZeros() {
    int size;
    try {
      size = cipher.update(ZEROS, 0, ZEROS.length, bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The array is as long as what is encrypted.", e);
    }
    if (size != bytes.length) {
      // A provider may hold bytes back. The array then still has keys that were used before.
      throw new IllegalStateException(
          "Cannot make masking keys: the cipher AES/CTR/NoPadding of "
              + cipher.getProvider().getName()
              + " returned "
              + size
              + " bytes for "
              + bytes.length
              + ". Prefer another security provider.");
    }
    keys.clear();
  }
}
