package dev.perennial.internal.handling;

import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.internal.connection.PullGuard.Use;
import dev.perennial.internal.pull.PendingDeliveries;

/** A {@code consume} that handles on the calling thread, so that no event overtakes another. */
final class InOrderLoop<E> {

  /** Takes deliveries from those that have come, at least one, and handles them. */
  interface Turn<E> {
    void run(PendingDeliveries<E> pending) throws InterruptedException;
  }

  private final StreamParts<E> parts;
  private final HandlingFailure failure;
  private final BatchLimits limits;
  private final Turn<E> turn;

  InOrderLoop(StreamParts<E> parts, HandlingFailure failure, BatchLimits limits, Turn<E> turn) {
    this.parts = parts;
    this.failure = failure;
    this.limits = limits;
    this.turn = turn;
  }

  /** Handles events until the stream ends, or throws why it stopped before. */
  void run() throws InterruptedException {
    try {
      parts.puller().enter();
      try {
        while (true) {
          handleNext();
          failure.throwIfStopped();
        }
      } finally {
        parts.guard().exit();
      }
    } catch (StreamEndedException | StreamClosedException e) {
      // The caller learns what the handler threw, or why the stream failed.
    }
  }

  private void handleNext() throws InterruptedException {
    PendingDeliveries<E> pending = parts.puller().pullInOrder(limits.max(), limits.linger());
    parts
        .guard()
        .call(
            Use.HANDLING,
            () -> {
              turn.run(pending);
              return null;
            });
  }
}
