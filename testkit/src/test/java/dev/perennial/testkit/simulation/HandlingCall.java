package dev.perennial.testkit.simulation;

import dev.perennial.DeadLetterSink;
import dev.perennial.Handling;
import dev.perennial.port.BackoffPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code consume} or {@code consumeBatches} and its {@link Handling}.
 *
 * @param number counts the calls of an application
 * @param handlers how many handlers may run at once
 * @param batch the size of a batch; zero for single events
 * @param attempts how many attempts; {@link #FOREVER} for no limit
 * @param firstWait the wait after the first failed attempt
 * @param retriesAll whether a retry can help any error, and not only unchecked ones
 */
record HandlingCall(
    int number,
    Order order,
    int handlers,
    int batch,
    Duration linger,
    int attempts,
    Duration firstWait,
    boolean retriesAll,
    End end,
    boolean quarantine,
    Threads threads,
    Duration slowAfter) {

  enum Order {
    IN_ORDER,
    PER_KEY,
    UNORDERED
  }

  /** What follows the last attempt. */
  enum End {
    STOP,
    SKIP,
    DEAD_LETTER
  }

  /** What runs handlers that run at once. */
  enum Threads {
    DEFAULT,
    /** The default, but it sometimes takes no task. */
    REJECTING,
    /** The calling thread. */
    CALLER,
    /** Threads that can be interrupted, of which there may be too few. */
    POOL
  }

  static final int FOREVER = Integer.MAX_VALUE;

  /** So long that an event that is retried for ever does not take all steps of a run. */
  private static final int FOREVER_WAIT_MILLIS = 200;

  /** What a wait doubles to at most, as a power of two. */
  private static final int MOST_DOUBLINGS = 6;

  /**
   * Draws a call.
   *
   * @param mustHandle whether all events must be handled in the end
   * @param keysFail whether the function that returns the key of an event may throw
   */
  static HandlingCall draw(
      int number, RandomChoices chance, int window, boolean mustHandle, boolean keysFail) {
    int dice = chance.between(0, 99);
    Order order = dice < 25 ? Order.IN_ORDER : dice < 80 ? Order.PER_KEY : Order.UNORDERED;
    int attempts = chance.of(1, chance.between(2, 5), keysFail ? 3 : FOREVER);
    int leastWait = attempts == FOREVER ? FOREVER_WAIT_MILLIS : 0;
    End end =
        mustHandle
            ? chance.of(End.SKIP, End.DEAD_LETTER)
            : chance.of(End.STOP, End.SKIP, End.DEAD_LETTER, End.DEAD_LETTER);
    return new HandlingCall(
        number,
        order,
        order == Order.IN_ORDER ? 1 : chance.between(1, 8),
        chance.percent(40) ? chance.between(1, Math.min(window, 8)) : 0,
        chance.of(Duration.ZERO, chance.millis(1, 50), chance.millis(1, 3_000)),
        attempts,
        chance.of(Duration.ofMillis(leastWait), chance.millis(leastWait, leastWait + 2_000)),
        chance.percent(60),
        end,
        order == Order.PER_KEY && end == End.DEAD_LETTER && chance.percent(60),
        order == Order.IN_ORDER || keysFail
            ? chance.of(Threads.DEFAULT, Threads.POOL)
            : chance.of(Threads.values()),
        chance.of(Duration.ofSeconds(30), chance.millis(50, 3_000)));
  }

  /** Returns the same call, to be made again. */
  HandlingCall again(int newNumber) {
    return new HandlingCall(
        newNumber,
        order,
        handlers,
        batch,
        linger,
        attempts,
        firstWait,
        retriesAll,
        end,
        quarantine,
        threads,
        slowAfter);
  }

  Handling<Object> handling(
      Function<Object, @Nullable Object> key, DeadLetterSink<Object> sink, Executor executor) {
    Handling<Object> handling =
        switch (order) {
          case IN_ORDER -> Handling.inOrder();
          case PER_KEY -> Handling.inOrderPerKey(key, handlers);
          case UNORDERED -> Handling.unordered(handlers);
        };
    BackoffPolicy backoff = (failures, random) -> wait(failures);
    handling =
        attempts == FOREVER ? handling.retryForever(backoff) : handling.retry(backoff, attempts);
    handling = handling.retryIf(this::isRetried).slowAfter(slowAfter);
    handling =
        switch (end) {
          case STOP -> handling.thenStop();
          case SKIP -> handling.thenSkip();
          case DEAD_LETTER -> handling.thenDeadLetter(sink);
        };
    if (quarantine) {
      handling = handling.quarantineKey();
    }
    return usesExecutor() ? handling.executor(executor) : handling;
  }

  boolean usesExecutor() {
    return order != Order.IN_ORDER && threads != Threads.DEFAULT;
  }

  /** Returns whether the handlers run on the thread that makes the call. */
  boolean usesCaller() {
    return order == Order.IN_ORDER || threads == Threads.CALLER;
  }

  /** Returns how many handlers run at once at most. */
  int most(int poolSize) {
    if (usesCaller()) {
      return 1;
    }
    return threads == Threads.POOL ? Math.min(handlers, poolSize) : handlers;
  }

  boolean isBatch() {
    return batch > 0;
  }

  /** Returns the wait after the last of so many failures. */
  Duration wait(int failures) {
    return firstWait.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS));
  }

  /** Returns whether a retry can help the error. */
  boolean isRetried(Throwable error) {
    return retriesAll || !(error instanceof IOException);
  }
}
