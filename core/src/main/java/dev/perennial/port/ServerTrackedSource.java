package dev.perennial.port;

import java.time.Duration;

/**
 * A source whose server remembers which events were acked, and sends the others again.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public non-sealed interface ServerTrackedSource<E, P extends Position> extends Source<E, P> {

  /**
   * Opens a connection. The one before it is closed by then; acknowledgements that the server may
   * not have got on that one can be passed on here, see {@link AckingConnection#acknowledge}. May
   * block for as long as the source's own timeouts allow; returns soon when interrupted.
   *
   * @throws Exception if it could not; {@link #errors()} says what that means
   */
  AckingConnection<E, P> connect() throws Exception;

  /**
   * Returns how long after its ack an event may still be sent again. The stream remembers acked
   * positions for that long, so that it can ack such a copy instead of handing it out.
   */
  Duration redeliveryHorizon();
}
