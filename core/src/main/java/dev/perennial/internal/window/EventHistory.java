package dev.perennial.internal.window;

import org.jspecify.annotations.Nullable;

/**
 * The history of an event: its failed attempts, and the handling that it belongs to. Most events
 * have none, because they are acked at once. A handler's thread writes here before it settles the
 * delivery.
 */
public class EventHistory {

  private volatile @Nullable Throwable lastError;
  private int failures;

  /** Whether its handler was reported as slow. Used only by the timer that reports. */
  private boolean slow;

  protected EventHistory() {}

  /** Continues the history of an event, if it has one. */
  protected EventHistory(@Nullable EventHistory before) {
    if (before != null) {
      lastError = before.lastError;
      failures = before.failures;
      slow = before.slow;
    }
  }

  /** Returns the key that orders the event among others; null if it has none. */
  public @Nullable Object key() {
    return null;
  }

  /** Notes a failed attempt at the event, and how many have failed with it. */
  void failed(Throwable error, int count) {
    lastError = error;
    failures = count;
  }

  /** Returns what the last failed attempt threw; null if none has failed. */
  @Nullable Throwable lastError() {
    return lastError;
  }

  /** Returns how many attempts have failed. */
  int failures() {
    return failures;
  }

  /** Notes that its handler is slow. Returns false if that was noted before, at any attempt. */
  boolean markSlow() {
    boolean first = !slow;
    slow = true;
    return first;
  }
}
