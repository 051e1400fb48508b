package dev.perennial.cli.demo;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The events that the demo's consumers have handled, by keys that the simulator uses as well. Safe
 * for use from any thread.
 */
class HandledEvents {

  private final Set<String> keys = ConcurrentHashMap.newKeySet();
  private final LongAdder repeats = new LongAdder();

  /** Records that an event was handled. */
  void add(String key) {
    if (!keys.add(key)) {
      repeats.increment();
    }
  }

  /** Returns the keys of the events that were handled. */
  Set<String> keys() {
    return keys;
  }

  /** Returns the number of events that were handled, each counted once. */
  int count() {
    return keys.size();
  }

  /** Returns how often an event was handled again. */
  long repeats() {
    return repeats.sum();
  }
}
