package dev.perennial.internal.handling;

import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.internal.pull.PendingDeliveries;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.window.TrackedDelivery;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.internal.window.Window;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pulling thread of a {@code consume} whose handlers run at once: it puts each event into the
 * line of its key, and other threads run the handlers. Returns when no handler runs any more.
 */
final class ConcurrentLoop<E> {

  /** How many events are pulled at most before threads are started for them. */
  private static final int MAX_PULL = 256;

  private final StreamParts<E> parts;
  private final KeyLines<E> lines;
  private final Turns<E> turns;
  private final Workers workers;
  private final Optional<Function<? super E, ? extends @Nullable Object>> key;

  ConcurrentLoop(
      StreamParts<E> parts,
      KeyLines<E> lines,
      Turns<E> turns,
      Workers workers,
      Optional<Function<? super E, ? extends @Nullable Object>> key) {
    this.parts = parts;
    this.lines = lines;
    this.turns = turns;
    this.workers = workers;
    this.key = key;
  }

  /** Handles events until the stream ends, or throws why it stopped before. */
  void run() throws InterruptedException {
    try {
      parts.puller().enter();
      try {
        handleAll();
      } finally {
        parts.guard().exit();
        workers.awaitAll();
      }
    } catch (StreamEndedException | StreamClosedException e) {
      // The handlers' own failure comes first, and then that of the stream.
    }
  }

  private void handleAll() throws InterruptedException {
    try {
      dispatchLeft();
      while (true) {
        dispatchNext();
      }
    } finally {
      turns.stop();
      parts.guard().drain(workers::awaitOthers);
      if (!parts.context().lifecycle().isOver()) {
        giveBack();
      }
    }
  }

  /** Dispatches what earlier calls have left, nacked or not, in delivery order. */
  private void dispatchLeft() {
    PendingDeliveries<E> left = parts.puller().left();
    Stream.concat(left.first(left.size()).stream(), parts.window().allNacked().stream())
        .sorted(Comparator.comparingLong(TrackedDelivery::sequence))
        .forEach(delivery -> dispatch(delivery, delivery.settlement() == Settlement.NACKED));
    left.remove(left.size());
    turns.dispatched();
    workers.start();
  }

  private void dispatchNext() throws InterruptedException {
    PendingDeliveries<E> pending;
    try {
      pending = parts.puller().pullArrived(MAX_PULL);
    } catch (StreamEndedException e) {
      awaitNacked(e);
      return;
    }
    int taken = 0;
    try {
      while (taken < pending.size()) {
        dispatch(pending.get(taken), false);
        taken++;
      }
    } finally {
      pending.remove(taken);
    }
    turns.dispatched();
    workers.start();
  }

  /** Waits for what the handlers nack, or throws that nothing more comes. */
  private void awaitNacked(StreamEndedException ended) throws InterruptedException {
    parts.context().await(() -> workers.isIdle() || parts.window().hasNacked(), Durations.FOREVER);
    if (!parts.window().hasNacked()) {
      throw ended;
    }
  }

  /**
   * Puts a delivery in its place.
   *
   * @param nacked whether the delivery itself is not for the handler, because it comes again
   */
  private void dispatch(TrackedDelivery<E> delivery, boolean nacked) {
    Task<E> known = Task.of(delivery, lines);
    if (known != null) {
      known.delivery(delivery);
      turns.redelivered(known);
      return;
    }
    Task<E> task = newTask(delivery);
    task.addConditions(nacked ? 2 : 1);
    delivery.continueAs(task);
    if (lines.join(task) && task.conditionMet()) {
      turns.add(task);
    }
  }

  private Task<E> newTask(TrackedDelivery<E> delivery) {
    Object keyOfEvent = null;
    Throwable keyError = null;
    if (key.isPresent()) {
      try {
        keyOfEvent = key.get().apply(delivery.event());
      } catch (Throwable e) {
        keyError = e;
      }
    }
    return new Task<>(lines, keyOfEvent, keyError, delivery);
  }

  /** Gives back what no handler has got, so that the next call of any kind gets it. */
  private void giveBack() {
    parts
        .puller()
        .giveBack(
            parts
                .window()
                .allUnacked()
                .map(Window.Unacked::delivery)
                .filter(delivery ->
                    delivery.settlement() == Settlement.OPEN && Task.of(delivery, lines) != null));
  }
}
