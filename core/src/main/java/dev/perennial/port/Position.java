package dev.perennial.port;

import java.time.Instant;
import java.util.Optional;

/**
 * The position of an event in its source.
 *
 * <p>A small immutable value. Two positions are equal exactly if they mean the same event, {@code
 * hashCode} agrees with that, and {@code toString} is short and safe to log. Positions have no
 * order: their order is that of delivery.
 */
public interface Position {

  /**
   * Returns when the event happened, by the clock of its source. Empty by default, for sources that
   * do not know it. It may be as exact as the source makes it, for example to the second.
   */
  default Optional<Instant> time() {
    return Optional.empty();
  }
}
