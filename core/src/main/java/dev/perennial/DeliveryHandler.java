package dev.perennial;

/**
 * A handler of events, for {@link EventStream#consume}.
 *
 * @param <E> the type of the events
 */
@FunctionalInterface
public interface DeliveryHandler<E> {

  /**
   * Handles an event. When it returns, the event is acked, unless the handler settled it itself.
   *
   * @throws Exception if the event could not be handled: the {@link Handling} says what follows. An
   *     {@link InterruptedException} is no failure; the event comes again.
   */
  void handle(Delivery<E> delivery) throws Exception;
}
