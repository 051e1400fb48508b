package dev.perennial.port;

import java.time.Duration;

/**
 * A source whose server tracks which events were acked, and resends the others.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public non-sealed interface ServerTrackedSource<E, P extends Position> extends Source<E, P> {

  /**
   * Opens a connection. The previous one is closed. The new one can send acks that the server may
   * not have received, see {@link AckingConnection#acknowledge}. May block for as long as the
   * source's own timeouts allow; returns soon when interrupted.
   *
   * @throws Exception if it cannot connect; {@link #errors()} classifies it
   */
  AckingConnection<E, P> connect() throws Exception;

  /**
   * Returns how long after its ack an event may still be resent. The stream remembers acked
   * positions for that long, so that it acks such a redelivery instead of delivering it.
   */
  Duration redeliveryHorizon();
}
