package dev.perennial.internal.handling;

import dev.perennial.StreamFailedException.Reason;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamFailure;
import dev.perennial.internal.window.TrackedDelivery;
import dev.perennial.port.support.LogText;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Stops the stream if the handling in one call of {@code consume} fails, and keeps why: the call
 * throws it even if the stream is closed meanwhile, because nothing else reports the error. Safe
 * for use from any thread.
 */
final class HandlingFailure {

  private final StreamContext context;
  private final AtomicReference<@Nullable StreamFailure> first = new AtomicReference<>();

  /** Made in advance, for an error without memory for its message. */
  private final StreamFailure withoutMemory;

  HandlingFailure(StreamContext context) {
    this.context = context;
    this.withoutMemory =
        StreamFailure.of(
            Reason.HANDLER,
            "Cannot handle the events of stream \""
                + context.options().name()
                + "\": there is no memory to say why. The stream stopped; its unacked events come again with"
                + " the next run.",
            null);
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

  /** Stops the stream because of an error of anything but the handler. Throws nothing. */
  void stop(Throwable cause) {
    StreamFailure why;
    try {
      why =
          StreamFailure.of(
              Reason.HANDLER,
              "Cannot handle the events of stream \""
                  + context.options().name()
                  + "\": "
                  + LogText.reason(cause)
                  + ". The stream stopped; its unacked events come again with the next run.",
              cause);
    } catch (Throwable e) {
      why = withoutMemory;
    }
    stop(why);
  }

  private void stop(StreamFailure why) {
    first.compareAndSet(null, why);
    context.lifecycle().fail(why);
  }

  /** Throws why the stream was stopped, if it was. */
  void throwIfStopped() {
    StreamFailure why = first.get();
    if (why != null) {
      throw why.exception();
    }
  }
}
