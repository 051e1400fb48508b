package dev.perennial.cli.demo;

import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Which events the demo's application has handled, by a key that the simulator knows them by too.
 * Safe for use from any thread.
 */
class Tally {

  private final Set<String> handled = ConcurrentHashMap.newKeySet();
  private final LongAdder again = new LongAdder();

  /** Notes that an event was handled. */
  void handled(String key) {
    if (!handled.add(key)) {
      again.increment();
    }
  }

  /** The keys of the events that were handled. */
  Set<String> keys() {
    return handled;
  }

  /** How many events were handled, each counted once. */
  int count() {
    return handled.size();
  }

  /** How many times an event was handled that had been handled before. */
  long again() {
    return again.sum();
  }

  /** How many of these events were never handled. */
  int missing(Collection<String> keys) {
    return (int) keys.stream().filter(key -> !handled.contains(key)).count();
  }
}
