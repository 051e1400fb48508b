package dev.perennial.port;

/**
 * What a connection returns.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public sealed interface Received<E, P extends Position> {

  /** An event and its position. */
  record Event<E, P extends Position>(E event, P position) implements Received<E, P> {}

  /**
   * Progress without an event for this stream. A connection returns it only once the server has
   * confirmed the point that the connection resumed from.
   */
  record Progress<E, P extends Position>(P position) implements Received<E, P> {}

  /** The intended end of the stream: there will never be another event. */
  record End<E, P extends Position>() implements Received<E, P> {}

  /** Returns an event and its position. */
  static <E, P extends Position> Received<E, P> event(E event, P position) {
    return new Event<>(event, position);
  }

  /** Returns progress without an event. */
  static <E, P extends Position> Received<E, P> progress(P position) {
    return new Progress<>(position);
  }

  /** Returns the end of the stream. */
  static <E, P extends Position> Received<E, P> end() {
    return new End<>();
  }
}
