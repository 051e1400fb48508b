package dev.perennial.internal.handling;

import dev.perennial.Batch;
import dev.perennial.BatchHandler;
import dev.perennial.DeliveryHandler;
import dev.perennial.KeyQuarantinedException;
import dev.perennial.internal.handling.HandlingOptions.End;
import dev.perennial.internal.handling.Task.DeadLetter;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.internal.window.TrackedDelivery;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs the handler for a delivery or a batch, and settles what the handler did not: it acks, or
 * nacks for a retry, or does what follows the last attempt. If the stream stops, the deliveries of
 * the failed attempt stay unsettled. Safe for use from several threads.
 */
final class HandlerRunner<E> {

  private final StreamContext context;
  private final StreamObserver observer;
  private final HandlingOptions<E> options;
  private final Quarantine quarantine;

  /** The call of {@code consume} whose tasks these are. */
  private final Object owner;

  private final HandlingFailure failure;

  HandlerRunner(
      StreamContext context,
      HandlingOptions<E> options,
      Quarantine quarantine,
      HandlingFailure failure,
      Object owner) {
    this.context = context;
    this.observer = context.observer();
    this.options = options;
    this.quarantine = quarantine;
    this.failure = failure;
    this.owner = owner;
  }

  /**
   * Handles a delivery. What an application's function other than the handler throws, such as that
   * of {@code retryIf}, stops the stream.
   *
   * @throws InterruptedException if the handler was interrupted; the event comes again
   */
  void run(TrackedDelivery<E> delivery, DeliveryHandler<E> handler) throws InterruptedException {
    try {
      if (!isForHandler(delivery)) {
        return;
      }
      try {
        handler.handle(delivery);
      } catch (Throwable e) {
        failed(delivery, e);
        return;
      }
      ackUnsettled(delivery);
    } catch (RuntimeException e) {
      failure.stop(e);
    } catch (Throwable e) {
      nackUnsettled(delivery);
      throw e;
    }
  }

  /** Handles a batch, as {@link #run} does a delivery. */
  void runBatch(List<TrackedDelivery<E>> deliveries, BatchHandler<E> handler)
      throws InterruptedException {
    try {
      attempt(deliveries, new BatchTurn(handler));
    } catch (RuntimeException e) {
      failure.stop(e);
    } catch (Throwable e) {
      for (TrackedDelivery<E> delivery : deliveries) {
        nackUnsettled(delivery);
      }
      throw e;
    }
  }

  /** The turn of a batch, which may be handled by halves. No event overtakes a nacked one. */
  private final class BatchTurn {

    private final BatchHandler<E> handler;

    /** The first nacked delivery of each key, or of all if they are handled in order. */
    private final Map<Object, TrackedDelivery<E>> nacked = new HashMap<>();

    private boolean isCounted;

    BatchTurn(BatchHandler<E> handler) {
      this.handler = handler;
    }

    /**
     * Notes a failed attempt at these deliveries, which counts once a turn: the halves that follow
     * belong to the same attempt. Returns how many attempts at one of them have failed at most.
     */
    int count(List<TrackedDelivery<E>> open, Throwable error) {
      int most = 0;
      for (TrackedDelivery<E> delivery : open) {
        int failures = delivery.failures() + (isCounted ? 0 : 1);
        delivery.failed(error, failures);
        most = Math.max(most, failures);
      }
      isCounted = true;
      return most;
    }

    void note(TrackedDelivery<E> delivery) {
      Object line = lineOf(delivery);
      if (line != null && delivery.settlement() == Settlement.NACKED) {
        nacked.merge(line, delivery, (one, other) -> isBefore(one, other) ? one : other);
      }
    }

    boolean holdsUp(TrackedDelivery<E> delivery) {
      Object line = lineOf(delivery);
      TrackedDelivery<E> first = line == null ? null : nacked.get(line);
      return first != null && isBefore(first, delivery);
    }

    /** Returns what the delivery shares with those that must not overtake it; null if nothing. */
    private @Nullable Object lineOf(TrackedDelivery<E> delivery) {
      return options.handlers().isEmpty() ? this : delivery.key();
    }

    private boolean isBefore(TrackedDelivery<E> one, TrackedDelivery<E> other) {
      return one.sequence() < other.sequence();
    }
  }

  private void attempt(List<TrackedDelivery<E>> deliveries, BatchTurn turn)
      throws InterruptedException {
    List<TrackedDelivery<E>> batch = new ArrayList<>(deliveries.size());
    for (TrackedDelivery<E> delivery : deliveries) {
      if (turn.holdsUp(delivery)) {
        delivery.nack();
      } else if (isForHandler(delivery)) {
        batch.add(delivery);
      } else {
        turn.note(delivery);
      }
    }
    if (batch.isEmpty() || context.lifecycle().isOver()) {
      return;
    }
    try {
      turn.handler.handle(new Batch<>(List.copyOf(batch)));
    } catch (Throwable e) {
      // What the handler has nacked comes before the others, which it may handle by halves.
      batch.forEach(turn::note);
      failed(batch, e, turn);
      batch.forEach(turn::note);
      return;
    }
    // Another thread may nack until the ack, so the nacked ones are noted after that.
    batch.forEach(HandlerRunner::ackUnsettled);
    batch.forEach(turn::note);
  }

  private static void ackUnsettled(TrackedDelivery<?> delivery) {
    if (!delivery.isSettled()) {
      delivery.ack();
    }
  }

  private static void nackUnsettled(TrackedDelivery<?> delivery) {
    if (!delivery.isSettled()) {
      delivery.nack();
    }
  }

  /** Returns whether the handler gets the delivery. Otherwise does what follows instead. */
  private boolean isForHandler(TrackedDelivery<E> delivery) throws InterruptedException {
    Task<E> task = Task.of(delivery, owner);
    if (task == null) {
      return true;
    }
    if (task.keyError() != null) {
      failed(delivery, task.keyError());
      return false;
    }
    DeadLetter<E> letter = task.deadLetter();
    if (letter == null && options.quarantine() && isQuarantined(task)) {
      letter = new DeadLetter<>(delivery, quarantined(task), false, 0);
      task.deadLetter(letter);
    }
    if (letter == null) {
      return true;
    }
    offer(delivery, task, letter);
    return false;
  }

  private boolean isQuarantined(Task<E> task) {
    return task.key() != null && quarantine.contains(task.key());
  }

  private Throwable quarantined(Task<E> task) {
    return new KeyQuarantinedException(
        "The event was not handled: an earlier event of its key \""
            + LogText.brief(String.valueOf(task.key()))
            + "\" is a dead letter. Release the key with EventStream.releaseKey().");
  }

  private void failed(TrackedDelivery<E> delivery, Throwable error) throws InterruptedException {
    failed(List.of(delivery), error, new BatchTurn(batch -> {}));
  }

  /** Decides what follows a failed attempt. */
  private void failed(List<TrackedDelivery<E>> attempted, Throwable error, BatchTurn turn)
      throws InterruptedException {
    throwInterrupt(error);
    TrackedDelivery<E> first = attempted.get(0);
    List<TrackedDelivery<E>> open =
        attempted.stream().filter(delivery -> !delivery.isSettled()).toList();
    if (open.isEmpty() || isFatal(error)) {
      // What the handler has settled before it threw cannot be retried.
      boolean stops = isFatal(error) || options.end() instanceof End.Stop;
      report(attempted, error, null, stops ? null : "It had settled everything before");
      if (stops) {
        failure.stop(open.isEmpty() ? first : open.get(0), error);
      }
      return;
    }
    int failures = turn.count(open, error);
    if (!options.isLast(failures) && options.retryIf().test(error)) {
      Duration wait = options.backoff().delay(failures, context.runtime().random());
      report(open, error, wait, null);
      open.forEach(delivery -> delivery.nack(wait));
      return;
    }
    report(open, error, null, open.size() > 1 ? "The batch is handled by halves" : null);
    if (open.size() > 1) {
      // The events that fail alone are found by halves.
      int middle = open.size() / 2;
      attempt(open.subList(0, middle), turn);
      attempt(open.subList(middle, open.size()), turn);
    } else if (turn.holdsUp(open.get(0))) {
      open.get(0).nack();
    } else {
      end(open.get(0), error);
    }
  }

  private void report(
      List<TrackedDelivery<E>> attempted,
      Throwable error,
      @Nullable Duration retryIn,
      @Nullable String otherwise) {
    TrackedDelivery<E> first = attempted.get(0);
    int attempt = attempted.stream().mapToInt(TrackedDelivery::attempt).max().orElse(1);
    observer.handlerFailed(first.position(), attempt, attempted.size(), error, retryIn, otherwise);
  }

  /** An interrupt of the thread is no failure of the event. */
  private static void throwInterrupt(Throwable error) throws InterruptedException {
    if (error instanceof InterruptedException interrupt) {
      throw interrupt;
    }
    if (Thread.interrupted()) {
      InterruptedException interrupt = new InterruptedException("the handler was interrupted");
      interrupt.initCause(error);
      throw interrupt;
    }
  }

  private static boolean isFatal(Throwable error) {
    return error instanceof Error
        && !(error instanceof AssertionError
            || error instanceof StackOverflowError
            || error instanceof LinkageError);
  }

  private void end(TrackedDelivery<E> delivery, Throwable error) throws InterruptedException {
    if (options.end() instanceof End.Skip) {
      if (isDone(delivery)) {
        observer.skipped(delivery.position(), delivery.attempt(), error);
      }
    } else if (options.end() instanceof End.DeadLetter) {
      Task<E> task = taskOf(delivery);
      DeadLetter<E> letter = new DeadLetter<>(delivery, error, true, 0);
      task.deadLetter(letter);
      offer(delivery, task, letter);
    } else {
      failure.stop(delivery, error);
    }
  }

  /** Acks the delivery. Returns false if that is too late, so that the event comes again. */
  private static boolean isDone(TrackedDelivery<?> delivery) {
    return delivery.ack() || delivery.isSettled();
  }

  /** Returns the delivery's task, which it has not got yet if it is handled in order. */
  private Task<E> taskOf(TrackedDelivery<E> delivery) {
    Task<E> task = Task.of(delivery, owner);
    if (task == null) {
      task = new Task<>(owner, null, null, delivery);
      delivery.continueAs(task);
    }
    return task;
  }

  /** Offers a dead letter to the sink, and acks the event if the sink accepts it. */
  private void offer(TrackedDelivery<E> delivery, Task<E> task, DeadLetter<E> letter)
      throws InterruptedException {
    if (!(options.end() instanceof End.DeadLetter<E> end) || context.lifecycle().isOver()) {
      return;
    }
    try {
      end.sink().accept(letter.delivery(), letter.error());
    } catch (Throwable e) {
      refused(delivery, task, letter, e);
      return;
    }
    if (options.quarantine() && letter.wasHandled() && task.key() != null) {
      quarantine.add(task.key());
    }
    if (isDone(delivery)) {
      observer.deadLettered(delivery.position(), letter.delivery().attempt(), letter.error());
    }
  }

  private void refused(
      TrackedDelivery<E> delivery, Task<E> task, DeadLetter<E> letter, Throwable error)
      throws InterruptedException {
    throwInterrupt(error);
    if (isFatal(error)) {
      failure.stop(delivery, error);
      return;
    }
    DeadLetter<E> again = letter.refused();
    task.deadLetter(again);
    Duration wait = options.backoff().delay(again.refusals(), context.runtime().random());
    observer.deadLetterFailed(delivery.position(), error, wait);
    delivery.nack(wait);
  }
}
