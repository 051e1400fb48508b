package dev.perennial.testkit.simulation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A record of the acked events of a schedule, across all its processes. */
final class AckRecord {

  private final Set<Object> acked = new HashSet<>();

  /** Calls of {@code ack} that have not returned. Those of a killed process never return. */
  private final Map<Object, Integer> begun = new HashMap<>();

  /** Records the start of an ack. The stream may count it from now on. */
  void begin(Object event) {
    begun.merge(event, 1, Integer::sum);
  }

  /** Records the end of an ack. */
  void end(Object event, boolean counted) {
    begun.computeIfPresent(event, (same, count) -> count == 1 ? null : count - 1);
    if (counted) {
      acked.add(event);
    }
  }

  /** Returns whether an ack of the event was counted, or may have been. */
  boolean isAcked(Object event) {
    return acked.contains(event) || begun.containsKey(event);
  }
}
