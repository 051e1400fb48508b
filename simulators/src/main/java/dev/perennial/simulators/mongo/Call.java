package dev.perennial.simulators.mongo;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A command that is being run.
 *
 * @param connection on which it came
 */
record Call(ReplicaSet set, Member member, ClientConnection connection, Request request) {

  /**
   * Waits, with the lock held, until a condition is met or the time is over.
   *
   * @return whether the condition is met
   * @throws IOException if the connection or its member ended meanwhile
   */
  boolean await(long nanos, BooleanSupplier condition) throws IOException {
    long left = nanos;
    while (true) {
      if (set.isClosed() || connection.isClosed()) {
        throw new IOException("The connection is closed.");
      }
      if (condition.getAsBoolean()) {
        return true;
      }
      if (left <= 0) {
        return false;
      }
      try {
        left = set.changed.awaitNanos(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted.", e);
      }
    }
  }

  boolean awaitMillis(long millis, BooleanSupplier condition) throws IOException {
    return await(TimeUnit.MILLISECONDS.toNanos(millis), condition);
  }
}
