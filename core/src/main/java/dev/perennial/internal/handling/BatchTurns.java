package dev.perennial.internal.handling;

import dev.perennial.BatchHandler;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.window.TrackedDelivery;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The tasks whose handler can run, for a handler that gets batches. One thread at a time fills a
 * batch, so that events that arrive slowly share one.
 */
final class BatchTurns<E> implements Turns<E> {

  private final BatchHandler<E> handler;
  private final BatchLimits limits;
  private final HandlerRunner<E> runner;
  private final KeyLines<E> lines;
  private final StreamContext context;
  private final Queue<Task<E>> ready = new ConcurrentLinkedQueue<>();
  private final Queue<BatchTask<E>> again = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean filling = new AtomicBoolean();

  /** How many times tasks were dispatched. */
  private final AtomicInteger dispatches = new AtomicInteger();

  private volatile boolean stopped;

  BatchTurns(
      BatchHandler<E> handler,
      BatchLimits limits,
      HandlerRunner<E> runner,
      KeyLines<E> lines,
      StreamContext context) {
    this.handler = handler;
    this.limits = limits;
    this.runner = runner;
    this.lines = lines;
    this.context = context;
  }

  @Override
  public void add(Task<E> task) {
    ready.add(task);
  }

  @Override
  @SuppressWarnings("unchecked") // no other class makes batches of these tasks
  public void redelivered(Task<E> task) {
    BatchTask<E> batch = (BatchTask<E>) task.batch();
    if (batch == null) {
      if (task.conditionMet()) {
        ready.add(task);
      }
    } else if (batch.redelivered()) {
      again.add(batch);
    }
  }

  @Override
  public void dispatched() {
    dispatches.incrementAndGet();
    context.signal().raise();
  }

  @Override
  public void stop() {
    stopped = true;
    context.signal().raise();
  }

  private boolean isStopped() {
    return stopped || context.lifecycle().isOver();
  }

  @Override
  public boolean isWaiting() {
    return !isStopped() && (!again.isEmpty() || (!filling.get() && !ready.isEmpty()));
  }

  @Override
  public boolean runNext(RunningHandlers.Slot slot, Runnable begins) throws InterruptedException {
    BatchTask<E> batch = isStopped() ? null : again.poll();
    if (batch == null) {
      batch = fill();
    }
    if (batch == null) {
      return false;
    }
    begins.run();
    List<Task<E>> tasks = batch.unacked();
    List<TrackedDelivery<E>> deliveries = tasks.stream().map(Task::delivery).toList();
    slot.beginVisibly(deliveries);
    if (isStopped()) {
      slot.end();
      return false;
    }
    try {
      runner.runBatch(deliveries, handler);
    } finally {
      slot.end();
      ran(batch, tasks, deliveries);
    }
    return true;
  }

  /** Fills a batch. Returns null if there is no event for it, or another thread fills one. */
  private @Nullable BatchTask<E> fill() {
    if (!filling.compareAndSet(false, true)) {
      return null;
    }
    try {
      Task<E> first = ready.poll();
      if (first == null) {
        return null;
      }
      BatchTask<E> batch = new BatchTask<>();
      batch.add(first);
      Deadline deadline = Deadline.in(limits.linger(), context.runtime());
      int seen;
      do {
        seen = dispatches.get();
        takeReady(batch);
      } while (batch.size() < limits.max() && awaitMore(seen, deadline));
      // What a stopped consumer has not handled goes back to the stream.
      return isStopped() ? null : batch;
    } finally {
      filling.set(false);
    }
  }

  /** Adds the tasks that can run, among them those that wait only for tasks of the same batch. */
  private void takeReady(BatchTask<E> batch) {
    for (int i = 0; i < batch.size() && batch.size() < limits.max(); i++) {
      Task<E> next = batch.get(i).behind();
      if (next != null && next.batch() == null && next.waitsOnlyInLine()) {
        batch.add(next);
      }
      if (i == batch.size() - 1) {
        Task<E> another = ready.poll();
        if (another != null) {
          batch.add(another);
        }
      }
    }
  }

  /**
   * Waits until tasks were dispatched. Returns false if the batch is not to grow any more, because
   * the time is over or a batch is due that this thread may have to run.
   */
  private boolean awaitMore(int seen, Deadline deadline) {
    try {
      return context
              .signal()
              .await(
                  () -> dispatches.get() != seen || !again.isEmpty() || isStopped(),
                  deadline.remaining())
          && again.isEmpty()
          && !isStopped();
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** Does what follows an attempt, as {@link EventTurns} does for one event. */
  private void ran(BatchTask<E> batch, List<Task<E>> tasks, List<TrackedDelivery<E>> deliveries) {
    Set<Task<E>> nacked = new HashSet<>();
    for (int i = 0; i < tasks.size(); i++) {
      Settlement settlement = deliveries.get(i).settlement();
      if (settlement == Settlement.NACKED) {
        nacked.add(tasks.get(i));
      } else if (settlement != Settlement.ACKED) {
        // The stream is over.
        return;
      }
    }
    for (Task<E> task : batch.removeFree(nacked)) {
      Task<E> next = lines.leave(task);
      if (next != null && next.batch() == null && next.conditionMet()) {
        ready.add(next);
      }
    }
    if (batch.expect(nacked.size()) && batch.size() > 0) {
      again.add(batch);
    }
  }
}
