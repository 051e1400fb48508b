package dev.perennial;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;

/**
 * Deliveries that were handed out together, in order. Safe for use from any thread.
 *
 * @param deliveries the deliveries; empty if none came in time
 * @param <E> the type of the events
 */
public record Batch<E>(List<Delivery<E>> deliveries) implements Iterable<Delivery<E>> {

  /** Makes a batch of a copy of the list. */
  public Batch {
    deliveries = List.copyOf(deliveries);
  }

  /** Acks every delivery that is not settled yet. */
  public void ack() {
    deliveries.stream().filter(delivery -> !delivery.isSettled()).forEach(Delivery::ack);
  }

  /** Nacks every delivery that is not settled yet, as {@link Delivery#nack()} does. */
  public void nack() {
    deliveries.stream().filter(delivery -> !delivery.isSettled()).forEach(Delivery::nack);
  }

  /** Nacks every delivery that is not settled yet, as {@link Delivery#nack(Duration)} does. */
  public void nack(Duration wait) {
    deliveries.stream()
        .filter(delivery -> !delivery.isSettled())
        .forEach(delivery -> delivery.nack(wait));
  }

  public int size() {
    return deliveries.size();
  }

  public boolean isEmpty() {
    return deliveries.isEmpty();
  }

  @Override
  public Iterator<Delivery<E>> iterator() {
    return deliveries.iterator();
  }

  @Override
  public String toString() {
    return "Batch[" + deliveries.size() + "]";
  }
}
