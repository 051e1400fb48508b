package dev.perennial;

/** When an event counts as done. */
public enum AckMode {
  /**
   * When the application acks it with {@link Delivery#ack()}, or its {@link DeliveryHandler}
   * returns.
   */
  EXPLICIT,
  /** When the stream hands it out. A crash loses the events in flight. */
  ON_RECEIPT,
  /**
   * Never: nothing is acknowledged, {@link Delivery#ack()} does nothing, there is no window, and
   * the stream does not drop redeliveries. For reading a stream without affecting it.
   */
  NEVER
}
