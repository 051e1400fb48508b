package dev.perennial.port.support;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue between a client that pushes and a connection or channel that is pulled.
 *
 * <p>Any thread puts; one thread at a time polls. The bound is soft: when the inbox holds as many
 * items or as much weight as its limit says, it asks the client to pause, and still takes what
 * arrives until the client does. Once half has been polled it asks the client to resume. Items
 * change hands in batches, so that neither side takes a lock for each.
 *
 * @param <T> the type of the items
 * @param <X> the type of the failure that ends the flow
 */
public final class Inbox<T, X extends Exception> {

  private final int maxItems;
  private final long maxWeight;
  private final ToLongFunction<? super T> weigher;
  private final Runnable pauseChanged;
  private final StreamRuntime.Signal signal;

  private final Object lock = new Object();
  // Guarded by the lock, but for reads that look whether there is anything to do.
  private ArrayDeque<T> arrived = new ArrayDeque<>();
  private volatile boolean anyArrived;
  private volatile boolean woken;
  private volatile @Nullable X failure;
  private int items;
  private long weight;
  private volatile boolean paused;

  // Only the polling thread's.
  private ArrayDeque<T> batch = new ArrayDeque<>();
  private int polledItems;
  private long polledWeight;

  /**
   * Makes an inbox.
   *
   * @param maxItems pause at this many items, at least 1
   * @param maxWeight pause at this much weight, at least 1
   * @param weigher an item's weight, for example its size in bytes
   * @param pauseChanged makes the client do as {@link #isPaused()} then says; called without a
   *     lock, from whichever thread puts or polls, so that two calls may cross
   * @param runtime what to wait with
   */
  public Inbox(
      int maxItems,
      long maxWeight,
      ToLongFunction<? super T> weigher,
      Runnable pauseChanged,
      StreamRuntime runtime) {
    if (maxItems < 1 || maxWeight < 1) {
      throw new IllegalArgumentException(
          "An inbox needs limits of at least 1, but got "
              + maxItems
              + " items and weight "
              + maxWeight
              + ".");
    }
    this.maxItems = maxItems;
    this.maxWeight = maxWeight;
    this.weigher = weigher;
    this.pauseChanged = pauseChanged;
    this.signal = runtime.newSignal();
  }

  /** Puts an item at the end. Never blocks. What is put after {@link #fail} is dropped. */
  public void put(T item) {
    boolean pause;
    synchronized (lock) {
      if (failure != null) {
        return;
      }
      arrived.add(item);
      anyArrived = true;
      items++;
      weight += weigher.applyAsLong(item);
      pause = !paused && isOver();
      paused |= pause;
    }
    if (pause) {
      pauseChanged.run();
    }
    signal.raise();
  }

  /**
   * Puts several items at the end, in their order, with one lock and one wake-up. Never blocks.
   * What is put after {@link #fail} is dropped.
   */
  public void putAll(Collection<? extends T> several) {
    if (several.isEmpty()) {
      return;
    }
    boolean pause;
    synchronized (lock) {
      if (failure != null) {
        return;
      }
      for (T item : several) {
        arrived.add(item);
        weight += weigher.applyAsLong(item);
      }
      anyArrived = true;
      items += several.size();
      pause = !paused && isOver();
      paused |= pause;
    }
    if (pause) {
      pauseChanged.run();
    }
    signal.raise();
  }

  /**
   * Ends the flow: once all that was put has been polled, polling throws this. The first failure
   * counts.
   */
  public void fail(X cause) {
    synchronized (lock) {
      if (failure == null) {
        failure = cause;
      }
    }
    signal.raise();
  }

  /**
   * Takes the next item.
   *
   * @param timeout how long to wait; {@link Duration#ZERO} returns at once
   * @return the item, or null if none came or {@link #wakeUp} was called
   * @throws X the failure, after everything that was put before it
   * @throws InterruptedException if the thread was interrupted while it waited; nothing is lost
   */
  public @Nullable T poll(Duration timeout) throws X, InterruptedException {
    T item = take();
    if (item == null && failure == null && !timeout.isZero()) {
      signal.await(() -> anyArrived || failure != null || woken, timeout);
      woken = false;
      item = take();
    }
    if (item == null) {
      X cause = failure;
      // What arrived between our look and the failure still comes first.
      if (cause != null && !anyArrived) {
        throw cause;
      }
      return cause == null ? null : take();
    }
    return item;
  }

  /**
   * Makes a {@link #poll} that waits return; if none waits, the next one that would. Never blocks.
   */
  public void wakeUp() {
    woken = true;
    signal.raise();
  }

  /** Whether the client should be pausing now. */
  public boolean isPaused() {
    return paused;
  }

  private @Nullable T take() {
    if (batch.isEmpty()) {
      if (!anyArrived && polledItems == 0) {
        return null;
      }
      settle(true);
    }
    T item = batch.poll();
    if (item != null) {
      polledItems++;
      polledWeight += weigher.applyAsLong(item);
      if (paused && polledItems >= Math.max(1, batch.size())) {
        settle(false);
      }
    }
    return item;
  }

  /** Takes what was polled off the books, and what arrived into the batch. */
  private void settle(boolean refill) {
    boolean resume;
    synchronized (lock) {
      items -= polledItems;
      weight -= polledWeight;
      polledItems = 0;
      polledWeight = 0;
      if (refill) {
        ArrayDeque<T> empty = batch;
        batch = arrived;
        arrived = empty;
        anyArrived = false;
      }
      resume = paused && items <= maxItems / 2 && weight <= maxWeight / 2;
      if (resume) {
        paused = false;
      }
    }
    if (resume) {
      pauseChanged.run();
    }
  }

  private boolean isOver() {
    return items >= maxItems || weight >= maxWeight;
  }
}
