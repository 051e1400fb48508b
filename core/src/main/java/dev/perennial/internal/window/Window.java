package dev.perennial.internal.window;

import dev.perennial.internal.stream.Deadline;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries that are handed out or waiting and not acked yet. Any thread may call {@code ack},
 * {@code nack}, {@code expire}, the methods about what is unacked, and the counters. The pulling
 * thread calls the rest.
 */
public interface Window<E, P extends Position> extends TrackedDelivery.Owner<E> {

  /**
   * A delivery that is not acked.
   *
   * @param receivedAt when its event was received, in the runtime's nanoseconds
   */
  record Unacked<E>(TrackedDelivery<E> delivery, long receivedAt) {}

  /** Sets what follows a settlement. Called once, before the stream is used. */
  void onSettlement(DeliverySettlement.Listener listener);

  /** Returns whether another event may be handed out. */
  boolean hasRoom();

  /**
   * Admits an event that was received now. Returns null if it is a copy of an event that was
   * admitted before.
   */
  @Nullable TrackedDelivery<E> admit(Received.Event<E, P> event, long now);

  /** Notes that the stream moved on without an event. */
  void progress(P position);

  /** Returns whether a nacked event has not been handed out again yet. */
  boolean hasNacked();

  /** Returns whether the wait of a nacked event may be over, so that there is something to do. */
  boolean isNackedDue();

  /** Returns the earlier of a deadline and the end of the wait of the next nacked event. */
  Deadline untilNacked(Deadline deadline);

  /** Returns a new delivery of the first nacked event that is due; null if none is. */
  @Nullable TrackedDelivery<E> nextNacked();

  /** Returns the nacked deliveries that have not been handed out again yet, in delivery order. */
  List<TrackedDelivery<E>> allNacked();

  /** Notes that nothing has arrived for a while. */
  default void idle(long now) {}

  /** Returns how many events were acked since the stream was opened. */
  long acked();

  /** Returns how many deliveries were nacked since the stream was opened. */
  long nacked();

  int unacked();

  /** Returns the deliveries that are not acked, in no order; nacked ones are among them. */
  Stream<Unacked<E>> allUnacked();

  /** Returns the oldest delivery that is not acked. */
  Optional<Unacked<E>> oldestUnacked();

  /**
   * Makes every later ack and nack too late, also for what is admitted later. Returns how many
   * deliveries are not acked. Idempotent. Any thread.
   */
  int expire();
}
