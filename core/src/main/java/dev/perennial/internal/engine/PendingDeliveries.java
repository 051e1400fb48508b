package dev.perennial.internal.engine;

import dev.perennial.Batch;
import dev.perennial.Delivery;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Deliveries that are in the window and that no call has returned yet, in the order in which they
 * are to be handed out. What an error keeps a call from returning stays here for the next one. For
 * the thread that sits.
 */
public final class PendingDeliveries<E> {

  private final ArrayList<Delivery<E>> deliveries = new ArrayList<>();

  /** What an iterator has looked at and nobody has taken yet, which goes before all others. */
  private final AtomicReference<@Nullable Delivery<E>> lookedAt = new AtomicReference<>();

  /** Makes room for one more, so that adding it cannot fail. */
  public void reserve() {
    deliveries.ensureCapacity(deliveries.size() + 1);
  }

  /** Adds a delivery for which room was {@linkplain #reserve() reserved}. */
  public void add(Delivery<E> delivery) {
    deliveries.add(delivery);
  }

  /** Whether any is left that an iterator looked at, or an error kept. */
  public boolean isLeft() {
    reserve();
    Delivery<E> looked = takeLookedAt();
    if (looked != null) {
      deliveries.add(0, looked);
    }
    return !deliveries.isEmpty();
  }

  /** Whether an iterator has looked at one that nobody has taken yet. Any thread. */
  public boolean isLookedAt() {
    return lookedAt.get() != null;
  }

  /** Keeps a delivery that an iterator looks at, and no other is looked at. */
  public void lookAt(Delivery<E> delivery) {
    lookedAt.set(delivery);
  }

  /** Takes what an iterator has looked at; null if nothing is, or it was taken. Any thread. */
  public @Nullable Delivery<E> takeLookedAt() {
    return isLookedAt() ? lookedAt.getAndSet(null) : null;
  }

  public int size() {
    return deliveries.size();
  }

  /** The first delivery, which stays. */
  public Delivery<E> peek() {
    return deliveries.get(0);
  }

  /** Removes the first delivery. */
  public Delivery<E> take() {
    return deliveries.remove(0);
  }

  /** Removes so many deliveries at most. */
  public Batch<E> take(int most) {
    List<Delivery<E>> first = deliveries.subList(0, Math.min(most, deliveries.size()));
    Batch<E> batch = new Batch<>(first);
    first.clear();
    return batch;
  }
}
