package dev.perennial.testkit.simulation;

import java.util.HashSet;
import java.util.Set;

/** What is true across all processes of a schedule: which events are done. */
final class Ledger {

  private final Set<Object> acked = new HashSet<>();

  /** Noted before the ack is made: from then on the stream may count it. */
  void acking(Object event) {
    acked.add(event);
  }

  /** The ack did not count. */
  void takeBack(Object event) {
    acked.remove(event);
  }

  boolean isAcked(Object event) {
    return acked.contains(event);
  }

  int size() {
    return acked.size();
  }
}
