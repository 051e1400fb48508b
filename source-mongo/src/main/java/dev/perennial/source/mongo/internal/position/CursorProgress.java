package dev.perennial.source.mongo.internal.position;

import java.util.Optional;
import org.bson.BsonDocument;
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

  /** The last resume token that was examined, so that each token is parsed once. */
  private @Nullable BsonDocument seenToken;

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
  }

  /** Records a reply without an event. */
  public void answered() {
    proved |= scanChecksStart;
  }

  /**
   * Returns whether the stream can continue with a cursor that the driver opened in place of the
   * stream's own. The driver does not check that the server has all changes after the token. If the
   * server does not check it either, the source opens its own cursor, which does. The same applies
   * before the first cursor is proved: the driver then resumes from the token of an empty batch,
   * which may be later than the lost changes.
   *
   * @param found whether an event arrived, which shows that the server has found the token
   */
  public boolean survivesReplacement(boolean found) {
    return proved && (found || !last.isEvent() || scanChecksStart);
  }

  /**
   * Advances to an event.
   *
   * @param own the event's own position, if it could be read
   * @return the event's position; if it could not be read, the position before it
   */
  public ResumePosition at(Optional<ResumePosition> own) {
    last = own.orElse(last);
    return last;
  }

  /**
   * Returns the position up to which the server has read without an event for the stream, once for
   * each change.
   */
  public Optional<ResumePosition> moved(@Nullable BsonDocument token) {
    if (!proved || token == null || token.equals(seenToken)) {
      return Optional.empty();
    }
    seenToken = token;
    ResumePosition position = ResumePosition.ofToken(token);
    // A cursor that was ended by a hidden event returns that event's token; the source has to find
    // the event before it delivers this position.
    if (position.equals(last) || position.isInvalidate()) {
      return Optional.empty();
    }
    last = position;
    return Optional.of(position);
  }
}
