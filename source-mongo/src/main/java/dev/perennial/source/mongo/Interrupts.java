package dev.perennial.source.mongo;

import com.mongodb.MongoInterruptedException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells of an interrupt as the JDK does, where the driver leaves the flag set and throws its own.
 */
final class Interrupts {

  private Interrupts() {}

  /**
   * Calls the driver.
   *
   * @throws InterruptedException if the driver was interrupted; the flag is cleared
   */
  static <T extends @Nullable Object> T call(Supplier<T> driver) throws InterruptedException {
    try {
      return driver.get();
    } catch (MongoInterruptedException e) {
      Thread.interrupted();
      InterruptedException interrupt =
          new InterruptedException("interrupted while the MongoDB driver waited");
      interrupt.initCause(e);
      throw interrupt;
    }
  }
}
