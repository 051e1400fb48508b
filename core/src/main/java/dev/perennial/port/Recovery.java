package dev.perennial.port;

import java.util.Optional;

/**
 * The decision of a client-tracked source whose position is lost.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public sealed interface Recovery<E, P extends Position> {

  /** The stream fails with {@code position-lost}. */
  record Stop<E, P extends Position>() implements Recovery<E, P> {}

  /**
   * The stream continues at another position.
   *
   * @param from where to continue
   * @param notice an event that reports the gap to the application, delivered before what follows
   *     {@code from} and acked like any other
   */
  record Restart<E, P extends Position>(P from, Optional<E> notice) implements Recovery<E, P> {}

  /** Returns the decision to fail the stream with {@code position-lost}. */
  static <E, P extends Position> Recovery<E, P> stop() {
    return new Stop<>();
  }

  /** Returns the decision to continue at another position without a notice. */
  static <E, P extends Position> Recovery<E, P> restart(P from) {
    return new Restart<>(from, Optional.empty());
  }

  /**
   * Returns the decision to continue at another position, and to deliver {@code notice} before the
   * events from there.
   */
  static <E, P extends Position> Recovery<E, P> restart(P from, E notice) {
    return new Restart<>(from, Optional.of(notice));
  }
}
