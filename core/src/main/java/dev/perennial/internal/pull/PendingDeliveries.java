package dev.perennial.internal.pull;

import dev.perennial.Batch;
import dev.perennial.internal.window.TrackedDelivery;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries that are in the window and that no call has returned yet, in delivery order. If a
 * call throws, its deliveries stay here for the next one. Used by the pulling thread, except where
 * a method says otherwise.
 */
public final class PendingDeliveries<E> {

  private final ArrayList<TrackedDelivery<E>> deliveries = new ArrayList<>();

  /**
   * The delivery that an iterator has fetched ahead and no call has returned, which comes first.
   */
  private final AtomicReference<@Nullable TrackedDelivery<E>> lookedAt = new AtomicReference<>();

  /** Makes room for one more delivery, so that adding it cannot fail. */
  public void reserve() {
    deliveries.ensureCapacity(deliveries.size() + 1);
  }

  /** Adds a delivery for which room was {@linkplain #reserve() reserved}. */
  public void add(TrackedDelivery<E> delivery) {
    deliveries.add(delivery);
  }

  /** Adds a delivery, for which room was reserved, before those that came after it at first. */
  public void addInOrder(TrackedDelivery<E> delivery) {
    int index = 0;
    while (index < deliveries.size() && deliveries.get(index).sequence() < delivery.sequence()) {
      index++;
    }
    deliveries.add(index, delivery);
  }

  /** Returns whether a delivery is left from an earlier call. */
  public boolean isLeft() {
    addLookedAt();
    return !deliveries.isEmpty();
  }

  /** Adds the delivery that an iterator has fetched ahead, if there is one. */
  public void addLookedAt() {
    if (isLookedAt()) {
      reserve();
      TrackedDelivery<E> looked = takeLookedAt();
      if (looked != null) {
        addInOrder(looked);
      }
    }
  }

  /**
   * Returns whether an iterator has fetched a delivery ahead that no call has returned. Any thread.
   */
  public boolean isLookedAt() {
    return lookedAt.get() != null;
  }

  /** Keeps a delivery that an iterator has fetched ahead. */
  public void lookAt(TrackedDelivery<E> delivery) {
    lookedAt.set(delivery);
  }

  /** Takes the delivery that was fetched ahead; null if there is none. Any thread. */
  public @Nullable TrackedDelivery<E> takeLookedAt() {
    return isLookedAt() ? lookedAt.getAndSet(null) : null;
  }

  public int size() {
    return deliveries.size();
  }

  /** Returns the first delivery without removing it. */
  public TrackedDelivery<E> peek() {
    return deliveries.get(0);
  }

  /** Removes and returns the first delivery. */
  public TrackedDelivery<E> take() {
    return deliveries.remove(0);
  }

  /** Removes and returns at most so many deliveries. */
  public Batch<E> take(int most) {
    List<TrackedDelivery<E>> first = deliveries.subList(0, Math.min(most, deliveries.size()));
    Batch<E> batch = new Batch<>(List.copyOf(first));
    first.clear();
    return batch;
  }

  /** Returns the delivery at an index, without removing it. */
  public TrackedDelivery<E> get(int index) {
    return deliveries.get(index);
  }

  /** Removes so many deliveries, the first ones. */
  public void remove(int count) {
    deliveries.subList(0, count).clear();
  }

  /** Returns how many of the first deliveries are at the same attempt, up to a number. */
  public int sameAttempt(int max) {
    int attempt = deliveries.get(0).attempt();
    int count = 1;
    while (count < Math.min(max, deliveries.size()) && deliveries.get(count).attempt() == attempt) {
      count++;
    }
    return count;
  }

  /** Returns a copy of so many deliveries, the first ones. */
  public List<TrackedDelivery<E>> first(int count) {
    return List.copyOf(deliveries.subList(0, count));
  }

  /** Takes back deliveries that were taken and not handed out, unless they are here. */
  public void giveBack(Stream<TrackedDelivery<E>> notHandedOut) {
    List<TrackedDelivery<E>> all =
        Stream.concat(notHandedOut, deliveries.stream())
            .distinct()
            .sorted(Comparator.comparingLong(TrackedDelivery::sequence))
            .toList();
    deliveries.ensureCapacity(all.size());
    deliveries.clear();
    deliveries.addAll(all);
  }
}
