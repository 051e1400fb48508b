package dev.perennial.internal.handling;

import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.connection.PullGuard.Use;
import dev.perennial.internal.pull.PendingDeliveries;
import dev.perennial.internal.pull.Puller;

/** A {@code consume} that handles on the calling thread, so that no event overtakes another. */
final class InOrderLoop<E> {

  /** Takes deliveries from those that have come, at least one, and handles them. */
  interface Turn<E> {
    void run(PendingDeliveries<E> pending) throws InterruptedException;
  }

  private final PullGuard guard;
  private final Puller<E, ?> puller;
  private final HandlerRunner<E> runner;
  private final BatchLimits limits;
  private final Turn<E> turn;

  InOrderLoop(
      PullGuard guard,
      Puller<E, ?> puller,
      HandlerRunner<E> runner,
      BatchLimits limits,
      Turn<E> turn) {
    this.guard = guard;
    this.puller = puller;
    this.runner = runner;
    this.limits = limits;
    this.turn = turn;
  }

  /** Handles events until the stream ends, or throws why it stopped before. */
  void run() throws InterruptedException {
    try {
      while (true) {
        handleNext();
        runner.throwIfStopped();
      }
    } catch (StreamEndedException | StreamClosedException e) {
      // The caller learns what the handler threw, or why the stream failed.
    }
  }

  private void handleNext() throws InterruptedException {
    puller.enter();
    try {
      PendingDeliveries<E> pending = puller.pullInOrder(limits.max(), limits.linger());
      guard.call(
          Use.HANDLING,
          () -> {
            turn.run(pending);
            return null;
          });
    } finally {
      // The next call reports a close.
      guard.exit();
    }
  }
}
