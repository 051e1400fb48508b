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
   * Dead of what the {@link StreamException} says. Hands out nothing; acks and saves that still
   * can, go on.
   */
  FAILED,
  /** Being closed: acks still count, nothing is handed out. */
  CLOSING,
  /** Closed, for good. */
  CLOSED
}
