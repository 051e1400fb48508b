package dev.perennial.source.mongo.internal.error;

import com.mongodb.MongoInterruptedException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A translator of interrupts. The driver keeps the thread's interrupt flag set and throws its own
 * exception; the JDK clears the flag and throws {@link InterruptedException}.
 */
public final class Interrupts {

  /** A chain of causes longer than this is taken for a cycle. */
  private static final int MAX_CAUSES = 16;

  private Interrupts() {}

  /**
   * Calls the driver.
   *
   * @throws InterruptedException if the driver was interrupted; the flag is cleared
   */
  public static <T extends @Nullable Object> T call(Supplier<T> driver)
      throws InterruptedException {
    try {
      return driver.get();
    } catch (MongoInterruptedException e) {
      Thread.interrupted();
      throw interrupt("interrupted while the MongoDB driver waited", e);
    }
  }

  /**
   * Checks whether the application's code failed because of an interrupt. Code that cannot throw an
   * {@link InterruptedException} may have wrapped it in another exception or restored the flag.
   *
   * @throws InterruptedException if the cause is an interrupt; the flag is cleared
   */
  public static void check(Throwable thrown) throws InterruptedException {
    if (Thread.interrupted() || isInterrupt(thrown)) {
      throw interrupt("interrupted within the application's own code", thrown);
    }
  }

  private static boolean isInterrupt(Throwable thrown) {
    @Nullable Throwable cause = thrown;
    for (int i = 0; cause != null && !isOfAnotherThread(cause) && i < MAX_CAUSES; i++) {
      if (cause instanceof InterruptedException || cause instanceof MongoInterruptedException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  private static boolean isOfAnotherThread(Throwable error) {
    return error instanceof ExecutionException || error instanceof CompletionException;
  }

  private static InterruptedException interrupt(String message, Throwable cause) {
    InterruptedException interrupt = new InterruptedException(message);
    interrupt.initCause(cause);
    return interrupt;
  }
}
