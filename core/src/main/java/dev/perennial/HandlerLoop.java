package dev.perennial;

import dev.perennial.Seat.Use;
import dev.perennial.StreamException.Reason;
import dev.perennial.port.LogText;
import java.util.Optional;

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
    Optional<Handled<E>> last;
    do {
      last = handleNext(handler);
    } while (last.isPresent());
  }

  /** What became of a delivery in the handler. */
  private record Handled<E>(Delivery<E> delivery, Optional<Throwable> failure) {}

  /**
   * Handles the next event. Empty if the stream has come to its end, by itself or by being closed.
   */
  private Optional<Handled<E>> handleNext(Handler<E> handler) throws InterruptedException {
    Handled<E> handled = null;
    try {
      puller.sit();
      try {
        Delivery<E> delivery = puller.pullForEver();
        handled = seat.use(Use.HANDLING, () -> handle(handler, delivery));
      } finally {
        // Whether the stream was closed meanwhile, the next call says: what the handler threw is
        // told first.
        seat.leave();
      }
    } catch (StreamEndedException | StreamClosedException e) {
      lifecycle.throwIfDied();
      return Optional.empty();
    }
    if (handled.failure.isPresent()) {
      failed(handled.delivery, handled.failure.get());
    }
    return Optional.of(handled);
  }

  /**
   * Acks what was handled. What the handler throws is the handler's, whatever its type, and never
   * ours.
   */
  private Handled<E> handle(Handler<E> handler, Delivery<E> delivery) {
    try {
      handler.handle(delivery);
    } catch (Throwable e) {
      return new Handled<>(delivery, Optional.of(e));
    }
    if (!delivery.isSettled()) {
      delivery.ack();
    }
    return new Handled<>(delivery, Optional.empty());
  }

  private void failed(Delivery<E> delivery, Throwable cause) throws InterruptedException {
    if (cause instanceof InterruptedException interrupt) {
      delivery.nack();
      throw interrupt;
    }
    Death death =
        new Death(
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
    // Thrown even where the stream is closed meanwhile: nobody else would tell of the handler's
    // error.
    lifecycle.fail(death);
    throw death.exception();
  }
}
