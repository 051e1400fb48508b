package dev.perennial.benchmarks.handling;

import java.time.Duration;

/**
 * The events of one turn and their handlers.
 *
 * @param handlers the most that run at once
 * @param sleep how long each handler waits
 */
record Load(String title, int events, int handlers, Duration sleep) {

  private static final int KEYS = 100_000;
  private static final Integer[] KEY = new Integer[KEYS];

  static {
    for (int i = 0; i < KEYS; i++) {
      KEY[i] = i;
    }
  }

  /** The key of an event. The keys come in turn. */
  static Integer key(long number) {
    return KEY[(int) (number % KEYS)];
  }
}
