package dev.perennial.internal.engine;

import dev.perennial.Delivery;
import dev.perennial.StreamException;
import dev.perennial.StreamException.Reason;
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
      throw new StreamException(
          Reason.INTERRUPTED,
          "The thread was interrupted while it waited for the next event. The stream stays usable.",
          e,
          0,
          null);
    }
  }

  @Override
  public Delivery<E> next() {
    Delivery<E> next = puller.takeAhead();
    if (next == null && hasNext()) {
      next = puller.takeAhead();
    }
    if (next == null) {
      throw new NoSuchElementException("the stream has come to its end");
    }
    return puller.settleOnReceipt(next);
  }
}
