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
   * @throws Exception if the event could not be handled: it stays unacked and the stream fails. An
   *     {@link InterruptedException} only ends {@code consume}; the event comes again.
   */
  void handle(Delivery<E> delivery) throws Exception;
}
