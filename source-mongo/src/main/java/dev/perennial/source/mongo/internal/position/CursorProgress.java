package dev.perennial.source.mongo.internal.position;

import org.jspecify.annotations.Nullable;

/**
 * The progress of a connection: the last position, and whether the server is known to have all
 * changes after the position at which the cursor was opened.
 */
public final class CursorProgress {

  private final boolean scanChecksStart;

  /**
   * The last delivered position; before the first one, the position at which the cursor was opened.
   */
  private ResumePosition last;

  /** Whether the server has shown that it still has the changes after that position. */
  private boolean proved;

  /**
   * Whether an event or a reply to a getMore arrived. A server can open a cursor and then fail
   * again and again to read from it, so opening is no progress.
   */
  private boolean answered;

  /**
   * @param from the position at which the cursor was opened
   * @param proved whether the server is known to have the changes after that position
   * @param scanChecksStart whether the server detects by itself that it no longer has the changes
   *     after a token
   */
  public CursorProgress(ResumePosition from, boolean proved, boolean scanChecksStart) {
    this.last = from;
    this.proved = proved;
    this.scanChecksStart = scanChecksStart;
  }

  public ResumePosition last() {
    return last;
  }

  public boolean isProved() {
    return proved;
  }

  /** Records that an event or another reply has shown that the server has found the start. */
  public void found() {
    proved = true;
    answered = true;
  }

  /** Records a reply to a getMore without an event. */
  public void answered() {
    proved |= scanChecksStart;
    answered = true;
  }

  /**
   * Advances to an event.
   *
   * @param own the event's own position; null if it could not be read
   * @return the event's position; if it could not be read, the position before it
   */
  public ResumePosition at(@Nullable ResumePosition own) {
    if (own != null) {
      last = own;
    }
    return last;
  }

  /**
   * Returns the position up to which the server has read without an event for the stream, once for
   * each change; null if it has not changed.
   */
  public @Nullable ResumePosition moved(@Nullable ResumePosition token) {
    // A cursor that was ended by a hidden event returns that event's token; the source has to find
    // the event before it delivers this position.
    if (!proved || !answered || token == null || token.equals(last) || token.isInvalidate()) {
      return null;
    }
    last = token;
    return token;
  }
}
