package dev.perennial.testkit.simulation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What is true across all processes of a schedule: which events are done. */
final class AckRecord {

  private final Set<Object> acked = new HashSet<>();

  /** Calls of {@code ack} that have begun and not ended; those of a killed process never end. */
  private final Map<Object, Integer> begun = new HashMap<>();

  /** An ack begins: from now on the stream may count it. */
  void begin(Object event) {
    begun.merge(event, 1, Integer::sum);
  }

  /** The ack ended. */
  void end(Object event, boolean counted) {
    begun.computeIfPresent(event, (same, count) -> count == 1 ? null : count - 1);
    if (counted) {
      acked.add(event);
    }
  }

  /** Whether an ack of it was counted, or may have been by now. */
  boolean isAcked(Object event) {
    return acked.contains(event) || begun.containsKey(event);
  }
}
