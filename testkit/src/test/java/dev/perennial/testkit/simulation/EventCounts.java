package dev.perennial.testkit.simulation;

import java.util.Map;
import java.util.TreeMap;

/**
 * How often what happened: a simulation in which something never happens proves nothing about it.
 */
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
