package dev.perennial.internal.handling;

import dev.perennial.StreamFailedException.Reason;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamFailure;
import dev.perennial.internal.window.TrackedDelivery;
import dev.perennial.port.support.LogText;
import org.jspecify.annotations.Nullable;

/**
 * Stops the stream if the handling in one call of {@code consume} fails, and keeps why: the call
 * throws it even if the stream is closed meanwhile, because nothing else reports the error. Safe
 * for use from any thread.
 */
final class HandlingFailure {

  private final StreamContext context;
  private volatile @Nullable StreamFailure failure;

  HandlingFailure(StreamContext context) {
    this.context = context;
  }

  /** Stops the stream because of an error of the handler. */
  void stop(TrackedDelivery<?> delivery, Throwable cause) {
    stop(
        new StreamFailure(
            Reason.HANDLER,
            "The handler of stream \""
                + context.options().name()
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
            delivery.position()));
  }

  /** Stops the stream because of an error of anything but the handler. */
  void stop(Throwable cause) {
    stop(
        StreamFailure.of(
            Reason.HANDLER,
            "Cannot handle the events of stream \""
                + context.options().name()
                + "\": "
                + LogText.reason(cause)
                + ". The stream stopped; its unacked events come again with the next run.",
            cause));
  }

  private void stop(StreamFailure why) {
    failure = why;
    context.lifecycle().fail(why);
  }

  /** Throws why the stream was stopped, if it was. */
  void throwIfStopped() {
    StreamFailure why = failure;
    if (why != null) {
      throw why.exception();
    }
  }
}
