package dev.perennial;

/** When an event counts as done. */
public enum AckMode {
  /** When the application says so: {@link Delivery#ack()}, or the return of a {@link Handler}. */
  EXPLICIT,
  /** As soon as it was handed out. A crash loses what the application had in hand. */
  ON_RECEIPT,
  /**
   * Never: nothing is acknowledged, {@link Delivery#ack()} does nothing, there is no window, and
   * redeliveries come as they come. For looking at a stream without touching it.
   */
  NEVER
}
