package dev.perennial.internal.window;

import dev.perennial.port.Position;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries that are handed out or waiting, not yet acked. {@code ack}, {@code nack} and the
 * figures are for any thread, and so is {@code expire}; {@code oldestUnacked} is for the pulling
 * thread, or for the closing thread once that is out, and everything else for the pulling thread.
 */
public interface Window<E, P extends Position> extends TrackedDelivery.Owner<E> {

  /** Sets what follows when a delivery is settled. Called once, before the stream is used. */
  void onSettlement(DeliverySettlement.Listener listener);

  /** Whether another event may be handed out. */
  boolean hasRoom();

  /** Takes an event in; null if it is a copy of one that was taken in before. */
  @Nullable TrackedDelivery<E> admit(E event, P position);

  /** Notes that the stream moved on without an event. */
  void progress(P position);

  /** Whether a nacked event waits. */
  boolean hasNacked();

  /** A new delivery of the first nacked event that waits. */
  @Nullable TrackedDelivery<E> nextNacked();

  /** Notes that nothing has arrived for a while. */
  default void idle(long now) {}

  /** How many events were acked since the stream was opened. */
  long acked();

  int unacked();

  Optional<Position> oldestUnacked();

  /**
   * Makes every ack and nack from now on too late, also of what is admitted later, and says how
   * many deliveries are not acked. Idempotent. Any thread.
   */
  int expire();
}
