package dev.perennial.internal.window;

import org.jspecify.annotations.Nullable;

/**
 * What is known of an event beside its deliveries: how the attempts at it went, and when it comes
 * again. Most events need none, because they are acked at once. Threads that settle deliveries of
 * the event write here before, and the {@link DeliveryQueue} publishes it.
 */
public class EventHistory {

  /** When the nacked event comes again, or its wait as long as the time of the nack is unknown. */
  private long due;

  private boolean isDueKnown;
  private @Nullable Throwable lastError;
  private int failures;

  /** Whether its handler was reported as slow. Used only by the timer that reports. */
  private boolean slow;

  protected EventHistory() {}

  /** Continues the history of an event, if it has one. */
  protected EventHistory(@Nullable EventHistory before) {
    if (before != null) {
      due = before.due;
      isDueKnown = before.isDueKnown;
      lastError = before.lastError;
      failures = before.failures;
      slow = before.slow;
    }
  }

  /** Returns the key that orders the event among others; null if it has none. */
  public @Nullable Object key() {
    return null;
  }

  /** Notes when the event was nacked, and how long until it comes again, in nanoseconds. */
  void nackedAt(long now, long wait) {
    due = now + wait;
    isDueKnown = true;
  }

  /** Notes how long until the nacked event comes again, without knowing the time. */
  void nackedAtUnknownTime(long wait) {
    due = wait;
    isDueKnown = false;
  }

  /** Computes when the nacked event comes again, at the latest after its wait from now on. */
  void schedule(long now) {
    if (!isDueKnown) {
      nackedAt(now, due);
    }
  }

  /** Returns when the nacked event comes again, in the runtime's nanoseconds. */
  long due() {
    return due;
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
