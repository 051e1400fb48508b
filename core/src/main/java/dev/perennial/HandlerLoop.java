package dev.perennial;

import dev.perennial.Seat.Use;
import dev.perennial.StreamException.Reason;
import dev.perennial.port.LogText;
import org.jspecify.annotations.Nullable;

/** Hands events to a handler, and acks each when it has returned. */
final class HandlerLoop<E> {

  private final StreamOptions options;
  private final Lifecycle lifecycle;
  private final Seat seat;
  private final Puller<E, ?> puller;

  HandlerLoop(StreamOptions options, Lifecycle lifecycle, Seat seat, Puller<E, ?> puller) {
    this.options = options;
    this.lifecycle = lifecycle;
    this.seat = seat;
    this.puller = puller;
  }

  void consume(Handler<E> handler) throws InterruptedException {
    if (options.acks() != AckMode.EXPLICIT) {
      throw new IllegalStateException(
          "consume() acks each event when its handler has returned, so it needs AckMode.EXPLICIT, not "
              + options.acks());
    }
    while (handleNext(handler)) {}
  }

  /**
   * Handles the next event. False if the stream has come to its end, by itself or by being closed.
   */
  private boolean handleNext(Handler<E> handler) throws InterruptedException {
    Delivery<E> delivery;
    Throwable failure;
    try {
      puller.sit();
      try {
        delivery = puller.pullForEver();
        failure = seat.use(Use.HANDLING, () -> handle(handler));
      } finally {
        // Whether the stream was closed meanwhile, the next call says: what the handler threw is
        // told first.
        seat.leave();
      }
    } catch (StreamEndedException | StreamClosedException e) {
      lifecycle.throwIfDied();
      return false;
    }
    if (failure != null) {
      failed(delivery, failure);
    }
    return true;
  }

  /**
   * Takes and acks what was handled, and returns what the handler threw, which is the handler's,
   * whatever its type, and never ours.
   */
  private @Nullable Throwable handle(Handler<E> handler) {
    Delivery<E> delivery = puller.take();
    try {
      handler.handle(delivery);
    } catch (Throwable e) {
      return e;
    }
    if (!delivery.isSettled()) {
      delivery.ack();
    }
    return null;
  }

  private void failed(Delivery<E> delivery, Throwable cause) throws InterruptedException {
    if (cause instanceof InterruptedException interrupt) {
      delivery.nack();
      throw interrupt;
    }
    Death death;
    try {
      death = death(delivery, cause);
    } catch (Throwable e) {
      // Without memory to say why, the stream does not stop; the event must come again all the
      // same.
      delivery.nack();
      throw e;
    }
    // Thrown even where the stream is closed meanwhile: nobody else would tell of the handler's
    // error.
    lifecycle.fail(death);
    throw death.exception();
  }

  private Death death(Delivery<E> delivery, Throwable cause) {
    return new Death(
        Reason.HANDLER,
        "The handler of stream \""
            + options.name()
            + "\" failed at "
            + delivery.position()
            + ": "
            + LogText.reason(cause)
            + ". The stream stopped; "
            + (delivery.isSettled()
                ? "the handler had settled the event before."
                : "the event is unacked and comes again with the next run."),
        cause,
        0,
        delivery.position());
  }
}
