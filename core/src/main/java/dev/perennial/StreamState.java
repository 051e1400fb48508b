package dev.perennial;

/**
 * What a stream is doing. It has one state at a time:
 *
 * <pre>
 *  NEW ──► CLAIMING ──► CONNECTING ──► LIVE ──► ENDED
 *   │                    ▲      │       │
 *   └────────────────────┤      ▼       │
 *   (no checkpoint)      └─ BACKING_OFF ◄┘
 *
 *  any of these ──► FAILED          what cannot be survived
 *  any of these, ENDED, FAILED ──► CLOSING ──► CLOSED
 * </pre>
 */
public enum StreamState {
  /** Opened; nothing has been done yet. */
  NEW,
  /** Claiming the checkpoint and loading it; a standby waits here for who has the claim. */
  CLAIMING,
  /** Opening a connection, or finding out where to begin or to go on. */
  CONNECTING,
  /** Connected. */
  LIVE,
  /** Waiting before the next attempt to connect. */
  BACKING_OFF,
  /** The source is complete. Acks, nacks and saves go on. */
  ENDED,
  /**
   * Dead of what the {@link StreamException} says. Hands out nothing. What is out can be settled
   * for {@link EventStream#DEFAULT_CLOSE_TIMEOUT}, or until all of it is; then the stream saves for
   * the last time, gives up its claim, and closes its connection and its source. {@code close} does
   * the same at once, and is needed for nothing else.
   */
  FAILED,
  /** Being closed: acks still count, nothing is handed out. */
  CLOSING,
  /** Closed, for good. */
  CLOSED
}
