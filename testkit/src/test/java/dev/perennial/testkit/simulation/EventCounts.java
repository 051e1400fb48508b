package dev.perennial.testkit.simulation;

import java.util.Map;
import java.util.TreeMap;

/** Counts of what happened in schedules. A simulation proves nothing about what never happened. */
final class EventCounts {

  private final Map<String, Integer> counts = new TreeMap<>();

  void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  void add(EventCounts other) {
    other.counts.forEach((what, count) -> counts.merge(what, count, Integer::sum));
  }

  int of(String what) {
    return counts.getOrDefault(what, 0);
  }

  @Override
  public String toString() {
    return counts.toString();
  }
}
