package dev.perennial.port;

import java.util.Optional;

/**
 * What a client-tracked source decides when its position is lost.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public sealed interface Recovery<E, P extends Position> {

  /** The stream ends in an error that says {@code position-lost}. */
  record Stop<E, P extends Position>() implements Recovery<E, P> {}

  /**
   * The stream goes on from another position.
   *
   * @param from where to go on
   * @param notice an event that tells the application of the gap, delivered before what comes after
   *     {@code from} and acked like any other
   */
  record Restart<E, P extends Position>(P from, Optional<E> notice) implements Recovery<E, P> {}

  /** The stream ends in an error that says {@code position-lost}. */
  static <E, P extends Position> Recovery<E, P> stop() {
    return new Stop<>();
  }

  /** The stream goes on from another position, and the application is not told. */
  static <E, P extends Position> Recovery<E, P> restart(P from) {
    return new Restart<>(from, Optional.empty());
  }

  /**
   * The stream goes on from another position, and hands out {@code notice} before anything from
   * there.
   */
  static <E, P extends Position> Recovery<E, P> restart(P from, E notice) {
    return new Restart<>(from, Optional.of(notice));
  }
}
