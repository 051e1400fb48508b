package dev.perennial.internal.handling;

import dev.perennial.DeliveryHandler;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.window.TrackedDelivery;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The tasks whose handler can run, for a handler that gets one event at a time. */
final class EventTurns<E> implements Turns<E> {

  private final DeliveryHandler<E> handler;
  private final HandlerRunner<E> runner;
  private final KeyLines<E> lines;
  private final Lifecycle lifecycle;
  private final Queue<Task<E>> ready = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  EventTurns(
      DeliveryHandler<E> handler, HandlerRunner<E> runner, KeyLines<E> lines, Lifecycle lifecycle) {
    this.handler = handler;
    this.lifecycle = lifecycle;
    this.runner = runner;
    this.lines = lines;
  }

  @Override
  public void add(Task<E> task) {
    ready.add(task);
  }

  @Override
  public void redelivered(Task<E> task) {
    if (task.conditionMet()) {
      ready.add(task);
    }
  }

  @Override
  public void dispatched() {}

  @Override
  public void stop() {
    stopped = true;
  }

  private boolean isStopped() {
    return stopped || lifecycle.isOver();
  }

  @Override
  public boolean isWaiting() {
    return !isStopped() && !ready.isEmpty();
  }

  @Override
  public boolean runNext(RunningHandlers.Slot slot, Runnable begins) throws InterruptedException {
    Task<E> task = isStopped() ? null : ready.poll();
    if (task == null) {
      return false;
    }
    begins.run();
    TrackedDelivery<E> delivery = task.delivery();
    slot.beginVisibly(delivery);
    if (isStopped()) {
      // Whoever closes the stream either sees the slot or is seen here.
      slot.end();
      return false;
    }
    try {
      runner.run(delivery, handler);
    } finally {
      slot.end();
      ran(task, delivery);
    }
    return true;
  }

  /** Does what follows an attempt. A nacked event may have come again before this. */
  private void ran(Task<E> task, TrackedDelivery<E> delivery) {
    switch (delivery.settlement()) {
      case ACKED -> {
        Task<E> next = lines.leave(task);
        if (next != null && next.conditionMet()) {
          ready.add(next);
        }
      }
      case NACKED -> {
        if (task.addConditions(1)) {
          ready.add(task);
        }
      }
      default -> {
        // The stream is over.
      }
    }
  }
}
