package dev.perennial.port;

/**
 * A live connection of a source whose server tracks acks.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public interface AckingConnection<E, P extends Position> extends Connection<E, P> {

  /**
   * Acknowledges one event to the server. Called from any thread, several at once too. Never blocks
   * and never throws.
   *
   * <p>The stream calls it on its newest connection, also when that has ended and no other is open
   * yet, and a thread that is just acknowledging may still call an older one. The position may have
   * been received on this connection or on any one before it. So nothing falls between two
   * connections: the source decides what becomes of each acknowledgement. It writes it now; or
   * keeps it until it is certain that the server understands it, on a later connection if need be;
   * or, if the server accepts none from another connection, ignores it. If the server sends the
   * event again, the stream acknowledges the copy.
   *
   * <p>An acknowledgement that was written and then lost with the connection is for the source to
   * write again, if the server cannot be trusted to have got it.
   */
  void acknowledge(P position);

  /**
   * How many acknowledgements this source was given and has never written to a connection: those of
   * this connection, and those kept from earlier ones. Read at any time, from any thread.
   */
  int unsent();
}
