package dev.perennial.internal.engine;

import dev.perennial.Batch;
import dev.perennial.Delivery;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries that are in the window and that no call has returned yet, in delivery order. If a
 * call throws, its deliveries stay here for the next one. Used by the pulling thread, except where
 * a method says otherwise.
 */
public final class PendingDeliveries<E> {

  private final ArrayList<Delivery<E>> deliveries = new ArrayList<>();

  /**
   * The delivery that an iterator has fetched ahead and no call has returned, which comes first.
   */
  private final AtomicReference<@Nullable Delivery<E>> lookedAt = new AtomicReference<>();

  /** Makes room for one more delivery, so that adding it cannot fail. */
  public void reserve() {
    deliveries.ensureCapacity(deliveries.size() + 1);
  }

  /** Adds a delivery for which room was {@linkplain #reserve() reserved}. */
  public void add(Delivery<E> delivery) {
    deliveries.add(delivery);
  }

  /** Returns whether a delivery is left from an earlier call. */
  public boolean isLeft() {
    reserve();
    Delivery<E> looked = takeLookedAt();
    if (looked != null) {
      deliveries.add(0, looked);
    }
    return !deliveries.isEmpty();
  }

  /**
   * Returns whether an iterator has fetched a delivery ahead that no call has returned. Any thread.
   */
  public boolean isLookedAt() {
    return lookedAt.get() != null;
  }

  /** Keeps a delivery that an iterator has fetched ahead. */
  public void lookAt(Delivery<E> delivery) {
    lookedAt.set(delivery);
  }

  /** Takes the delivery that was fetched ahead; null if there is none. Any thread. */
  public @Nullable Delivery<E> takeLookedAt() {
    return isLookedAt() ? lookedAt.getAndSet(null) : null;
  }

  public int size() {
    return deliveries.size();
  }

  /** Returns the first delivery without removing it. */
  public Delivery<E> peek() {
    return deliveries.get(0);
  }

  /** Removes and returns the first delivery. */
  public Delivery<E> take() {
    return deliveries.remove(0);
  }

  /** Removes and returns at most so many deliveries. */
  public Batch<E> take(int most) {
    List<Delivery<E>> first = deliveries.subList(0, Math.min(most, deliveries.size()));
    Batch<E> batch = new Batch<>(first);
    first.clear();
    return batch;
  }
}
