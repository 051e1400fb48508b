package dev.perennial.internal.pull;

import dev.perennial.Delivery;
import dev.perennial.StreamInterruptedException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * An iterator over the events of a stream, which ends when the stream ends. An event that {@code
 * hasNext} has fetched stays the stream's: the next call of any kind gets it.
 */
public final class DeliveryIterator<E> implements Iterator<Delivery<E>> {

  private final Puller<E, ?> puller;

  public DeliveryIterator(Puller<E, ?> puller) {
    this.puller = puller;
  }

  @Override
  public boolean hasNext() {
    try {
      return puller.lookAhead();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StreamInterruptedException(
          "The thread was interrupted while it waited for the next event. The stream stays usable.",
          e);
    }
  }

  @Override
  public Delivery<E> next() {
    Delivery<E> next = puller.takeAhead();
    if (next == null && hasNext()) {
      next = puller.takeAhead();
    }
    if (next == null) {
      throw new NoSuchElementException("The stream has ended, so there is no next event.");
    }
    return puller.settleOnReceipt(next);
  }
}
