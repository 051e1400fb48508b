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
  /** Opened, nothing done yet. */
  NEW,
  /**
   * Claiming and loading the checkpoint; a standby waits here for the stream that holds the claim.
   */
  CLAIMING,
  /** Finding out where to start or resume, or opening a connection. */
  CONNECTING,
  /** Connected. */
  LIVE,
  /** Waiting before the next connection attempt. */
  BACKING_OFF,
  /** The source is complete. Acks, nacks and saves continue. */
  ENDED,
  /**
   * Failed; the {@link StreamFailedException} says why. The stream hands out nothing more. Its
   * deliveries can still be settled for {@link EventStream#DEFAULT_CLOSE_TIMEOUT}, or until none is
   * left; then the stream makes its last save, releases its claim, and closes its connection and
   * its source. {@code close} does the same at once.
   */
  FAILED,
  /** Being closed: acks still count, and nothing is handed out. */
  CLOSING,
  /** Closed, for good. */
  CLOSED
}
