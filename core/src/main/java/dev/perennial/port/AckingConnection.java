package dev.perennial.port;

/**
 * One live session of a source whose server keeps track of acknowledgements.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public interface AckingConnection<E, P extends Position> extends Connection<E, P> {

  /**
   * Acknowledges one event to the server. Called from any thread, several at once too, and also
   * after {@code close}. Never blocks and never throws. Ignores a position that it must not
   * acknowledge, such as one that was received on another connection where the server demands that.
   */
  void acknowledge(P position);

  /**
   * How many acknowledgements were accepted but never written. Read after a loss or a close, from
   * any thread.
   */
  int unsent();
}
