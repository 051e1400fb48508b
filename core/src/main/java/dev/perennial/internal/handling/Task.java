package dev.perennial.internal.handling;

import dev.perennial.internal.window.EventHistory;
import dev.perennial.internal.window.TrackedDelivery;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * An event from its dispatch until it is acked, through all its attempts. One thread at a time has
 * it: the pulling thread, or the one that runs its handler.
 */
final class Task<E> extends EventHistory {

  private static final VarHandle NEXT;
  private static final VarHandle MISSING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      NEXT = lookup.findVarHandle(Task.class, "next", Object.class);
      MISSING = lookup.findVarHandle(Task.class, "missing", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** In place of the next task, once this one has left its line. */
  private static final Object LEFT = new Object();

  private final Object owner;
  private final @Nullable Object key;
  private final @Nullable Throwable keyError;
  private TrackedDelivery<E> delivery;
  private @Nullable DeadLetter<E> deadLetter;
  private @Nullable Batch batch;

  /** The task behind this one in the line of the key, or {@link #LEFT}; null if there is none. */
  private volatile @Nullable Object next;

  /** How many things must happen before its handler can run. */
  private volatile int missing;

  /** The events that a handler gets together. */
  interface Batch {}

  /**
   * An event that goes to the sink.
   *
   * @param delivery the delivery at the last attempt of the handler
   * @param wasHandled whether a handler has failed, and not an earlier event of the key
   * @param refusals how many times the sink has thrown
   */
  record DeadLetter<E>(
      TrackedDelivery<E> delivery, Throwable error, boolean wasHandled, int refusals) {

    DeadLetter<E> refused() {
      return new DeadLetter<>(delivery, error, wasHandled, refusals + 1);
    }
  }

  /**
   * Makes a task.
   *
   * @param owner the call of {@code consume} that handles the event
   * @param key the event's key; null if it has none
   * @param keyError what the application threw instead of returning a key
   */
  Task(
      Object owner,
      @Nullable Object key,
      @Nullable Throwable keyError,
      TrackedDelivery<E> delivery) {
    super(delivery.knownHistory());
    this.owner = owner;
    this.key = key;
    this.keyError = keyError;
    this.delivery = delivery;
  }

  /** Returns the task of a delivery, if this call of {@code consume} handles it. */
  @SuppressWarnings("unchecked") // an owner makes tasks of one type
  static <E> @Nullable Task<E> of(TrackedDelivery<E> delivery, Object owner) {
    return delivery.knownHistory() instanceof Task<?> task && task.owner.equals(owner)
        ? (Task<E>) task
        : null;
  }

  @Override
  public @Nullable Object key() {
    return key;
  }

  @Nullable Throwable keyError() {
    return keyError;
  }

  /** Returns the newest delivery of the event. */
  TrackedDelivery<E> delivery() {
    return delivery;
  }

  void delivery(TrackedDelivery<E> newest) {
    delivery = newest;
  }

  /** Returns what goes to the sink; null if the event goes to the handler. */
  @Nullable DeadLetter<E> deadLetter() {
    return deadLetter;
  }

  void deadLetter(DeadLetter<E> letter) {
    deadLetter = letter;
  }

  /** Returns the batch that the event belongs to; null before it is in one. */
  @Nullable Batch batch() {
    return batch;
  }

  void batch(Batch joined) {
    batch = joined;
  }

  // --- what must happen before its handler can run

  /** Adds conditions. Returns whether all conditions are met, because some were met early. */
  boolean addConditions(int conditions) {
    return (int) MISSING.getAndAdd(this, conditions) + conditions == 0;
  }

  /** Notes that a condition is met. Returns whether it was the last one. */
  boolean conditionMet() {
    return (int) MISSING.getAndAdd(this, -1) == 1;
  }

  /** Returns whether only its place in the line keeps its handler from running. */
  boolean waitsOnlyInLine() {
    return missing == 1;
  }

  // --- the line of its key

  /** Puts a task behind this one. Returns false if this one has left the line. */
  boolean follow(Task<E> behind) {
    return NEXT.compareAndSet(this, null, behind);
  }

  /** Returns the task behind this one; null if there is none yet. This one is in the line. */
  @SuppressWarnings("unchecked") // nothing but tasks of the same owner
  @Nullable Task<E> behind() {
    return (Task<E>) next;
  }

  /** Leaves the line. Returns the task behind this one; null if there is none yet. */
  @SuppressWarnings("unchecked") // as above
  @Nullable Task<E> leave() {
    return (Task<E>) NEXT.getAndSet(this, LEFT);
  }
}
