package dev.perennial.simulators.mongo.server;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The lock that guards the state of a replica set, and a way to wait for a change of it. Reentrant
 * and safe for use from any thread.
 */
public final class StateLock {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** What is done with the lock held. */
  public interface Action<T extends @Nullable Object, E extends Exception> {

    T run() throws E;
  }

  /** Runs an action with the lock held. */
  public <T extends @Nullable Object, E extends Exception> T locked(Action<T, E> action) throws E {
    lock.lock();
    try {
      return action.run();
    } finally {
      lock.unlock();
    }
  }

  /** Runs an action with the lock held and wakes the threads that wait for a change. */
  public void change(Runnable action) {
    lock.lock();
    try {
      action.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the threads that wait for a change. Called with the lock held. */
  void signal() {
    changed.signalAll();
  }

  /**
   * Waits, with the lock held, until a condition is met or the time is over.
   *
   * @return whether the condition is met
   */
  boolean await(long nanos, BooleanSupplier condition) throws InterruptedException {
    long left = nanos;
    while (!condition.getAsBoolean()) {
      if (left <= 0) {
        return false;
      }
      left = changed.awaitNanos(left);
    }
    return true;
  }
}
