package dev.perennial.internal.engine;

import dev.perennial.AckMode;
import dev.perennial.Delivery;
import dev.perennial.DeliveryHandler;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.connection.PullGuard.Use;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamFailure;
import dev.perennial.internal.stream.StreamOptions;
import dev.perennial.port.support.LogText;
import org.jspecify.annotations.Nullable;

/** Passes events to a handler and acks each when the handler has returned. */
public final class HandlerLoop<E> {

  private final StreamOptions options;
  private final Lifecycle lifecycle;
  private final PullGuard guard;
  private final Puller<E, ?> puller;

  public HandlerLoop(StreamContext context, PullGuard guard, Puller<E, ?> puller) {
    this.options = context.options();
    this.lifecycle = context.lifecycle();
    this.guard = guard;
    this.puller = puller;
  }

  public void consume(DeliveryHandler<E> handler) throws InterruptedException {
    if (options.acks() != AckMode.EXPLICIT) {
      throw new IllegalStateException(
          "Cannot consume stream \""
              + options.name()
              + "\": consume() acks each event after its handler has returned, but the stream has AckMode."
              + options.acks()
              + ". Set AckMode.EXPLICIT, or use next().");
    }
    while (handleNext(handler)) {}
  }

  /** Handles the next event. Returns false if the stream has ended or was closed. */
  private boolean handleNext(DeliveryHandler<E> handler) throws InterruptedException {
    Delivery<E> delivery;
    Throwable failure;
    try {
      puller.enter();
      try {
        delivery = puller.pullForEver();
        failure = guard.call(Use.HANDLING, () -> handle(handler));
      } finally {
        // The next call reports a close; first the caller learns what the handler threw.
        guard.exit();
      }
    } catch (StreamEndedException | StreamClosedException e) {
      lifecycle.throwIfFailed();
      return false;
    }
    if (failure != null) {
      failed(delivery, failure);
    }
    return true;
  }

  /** Takes the delivery, runs the handler and acks. Returns what the handler threw, of any type. */
  private @Nullable Throwable handle(DeliveryHandler<E> handler) {
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
    StreamFailure failure;
    try {
      failure = failure(delivery, cause);
    } catch (Throwable e) {
      // Without memory for the failure the stream does not fail, but the event must come again.
      delivery.nack();
      throw e;
    }
    // Thrown even if the stream is closed meanwhile, because nothing else reports the handler's
    // error.
    lifecycle.fail(failure);
    throw failure.exception();
  }

  private StreamFailure failure(Delivery<E> delivery, Throwable cause) {
    return new StreamFailure(
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
