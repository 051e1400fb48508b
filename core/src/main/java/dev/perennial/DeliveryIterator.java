package dev.perennial;

import dev.perennial.StreamException.Reason;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** A stream's events as an iterator, which looks one ahead and ends when the stream does. */
final class DeliveryIterator<E> implements Iterator<Delivery<E>> {

  private final Puller<E, ?> puller;
  private @Nullable Delivery<E> ahead;

  DeliveryIterator(Puller<E, ?> puller) {
    this.puller = puller;
  }

  @Override
  public boolean hasNext() {
    if (ahead == null) {
      ahead = look();
    }
    return ahead != null;
  }

  @Override
  public Delivery<E> next() {
    Delivery<E> next = hasNext() ? ahead : null;
    if (next == null) {
      throw new NoSuchElementException("the stream has come to its end");
    }
    ahead = null;
    return puller.settleOnReceipt(next);
  }

  private @Nullable Delivery<E> look() {
    try {
      return puller.nextOrEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StreamException(
          Reason.INTERRUPTED,
          "the thread was interrupted while it waited for the next event; the stream lives on",
          e,
          0,
          null);
    }
  }
}
