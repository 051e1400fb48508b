package dev.perennial;

/**
 * A place for events whose handler has failed for good. Safe for use from any thread: several
 * handlers may fail at once. Whoever made it closes it, after the stream.
 *
 * @param <E> the type of the events
 */
@FunctionalInterface
public interface DeadLetterSink<E> {

  /**
   * Accepts an event. When it returns, the stream acks the event, so the sink must have stored it
   * by then. It may get the same event again, for example after a crash before the ack is saved.
   *
   * @param delivery the event, whose attempt is the last one of its handler; the sink does not
   *     settle it
   * @param error what the handler threw
   * @throws Exception if the event could not be stored: it stays unacked, and the stream offers it
   *     again after a wait
   */
  void accept(Delivery<E> delivery, Throwable error) throws Exception;
}
