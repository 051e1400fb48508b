package dev.perennial.simulators.tap;

/** How the server delivers events. */
public enum DeliveryMode {
  /** Over WebSocket, until they are acked. */
  ACKS,
  /**
   * Over WebSocket, where an event is done once it is written, and acks are ignored: {@code
   * TAP_DISABLE_ACKS}.
   */
  FIRE_AND_FORGET,
  /**
   * To a web hook; nobody can connect. The simulator calls no web hooks: it only refuses
   * connections.
   */
  WEBHOOK
}
