package dev.perennial.port;

/**
 * What a connection gives.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public sealed interface Received<E, P extends Position> {

  /** An event, and where it is. */
  record Event<E, P extends Position>(E event, P position) implements Received<E, P> {}

  /**
   * The stream moved on without an event for us. Given only once the server has confirmed the point
   * that the connection resumed from.
   */
  record Progress<E, P extends Position>(P position) implements Received<E, P> {}

  /** The stream is complete, by intent: there will never be another event. */
  record End<E, P extends Position>() implements Received<E, P> {}

  /** An event, and where it is. */
  static <E, P extends Position> Received<E, P> event(E event, P position) {
    return new Event<>(event, position);
  }

  /** The stream moved on without an event for us. */
  static <E, P extends Position> Received<E, P> progress(P position) {
    return new Progress<>(position);
  }

  /** The stream is complete. */
  static <E, P extends Position> Received<E, P> end() {
    return new End<>();
  }
}
