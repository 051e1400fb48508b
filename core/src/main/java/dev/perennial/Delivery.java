package dev.perennial;

import dev.perennial.port.Position;

/**
 * An event that was handed out, to be settled once: acked when it is done, or nacked to get it
 * again. The first call counts. Safe for use from any thread.
 *
 * @param <E> the type of the event
 */
public interface Delivery<E> {

  /** Returns the event. */
  E event();

  /** Returns the position of the event in its source. */
  Position position();

  /**
   * Returns how many times this stream has handed out the event, including this time: 1, and one
   * more after each nack.
   */
  int attempt();

  /**
   * Marks the event as done.
   *
   * @return whether this call settled it: false if it was settled before, the stream is closed, or
   *     it failed longer than {@link EventStream#DEFAULT_CLOSE_TIMEOUT} ago. An ack that returned
   *     true is saved or sent, or the {@link CloseReport} says that it was not
   */
  boolean ack();

  /**
   * Requests the event again: it comes as a new delivery, before any new event.
   *
   * @return whether this call settled it, as for {@link #ack()}
   */
  boolean nack();

  /** Returns whether the application has acked or nacked it. */
  boolean isSettled();
}
