package dev.perennial;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import java.time.Duration;
import java.util.Optional;

/**
 * An event that was handed out, to be settled once: acked when it is done, or nacked to get it
 * again. The first call counts. Safe for use from any thread. For tests of handlers, the testkit
 * makes deliveries.
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
   * Returns what the handler threw at the last attempt that failed, for a delivery that {@link
   * EventStream#consume} retries; empty if none has failed.
   */
  Optional<Throwable> lastError();

  /**
   * Returns the checkpoint from which a stream resumes after this event, for an application that
   * saves it together with what the event changes. It does not say that earlier events are acked.
   * Empty if the server tracks acks.
   */
  Optional<Checkpoint> checkpoint();

  /**
   * Marks the event as done.
   *
   * @return whether this call settled it: false if it was settled before, the stream is closed, or
   *     it failed longer than {@link EventStream#DEFAULT_CLOSE_TIMEOUT} ago. An ack that returned
   *     true is saved or sent, or the {@link CloseReport} says that it was not
   */
  boolean ack();

  /**
   * Requests the event again. After the first attempt it comes again at once, before any new event.
   * After each further attempt the wait grows, from 10 ms to 1 s, and new events may come before
   * it, unless a {@link Handling} keeps them in order.
   *
   * @return whether this call settled it, as for {@link #ack()}
   */
  boolean nack();

  /**
   * Requests the event again, but no sooner than after a wait. New events may come before it. When
   * its wait is over, it comes before any new event.
   *
   * @param wait the shortest time until it comes again, not negative
   * @return whether this call settled it, as for {@link #ack()}
   */
  boolean nack(Duration wait);

  /** Returns whether the application has acked or nacked it. */
  boolean isSettled();
}
