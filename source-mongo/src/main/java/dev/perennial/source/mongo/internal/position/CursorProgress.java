package dev.perennial.source.mongo.internal.position;

import java.util.Optional;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/** How far a connection has read, and whether the server is known to have everything after that. */
public final class CursorProgress {

  private final boolean scanChecksStart;

  /** What was given last; where the cursor was opened, before there was anything. */
  private ResumePosition last;

  /** Whether the server has shown that it knows where the cursor was opened. */
  private boolean proved;

  /** The resume token that was last looked at, so that it is read once. */
  private @Nullable BsonDocument seenToken;

  /**
   * @param from where the cursor was opened
   * @param proved whether the server is known to have what comes after that
   * @param scanChecksStart whether the server finds out by itself that it no longer has what comes
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

  /** An event came, or another answer that shows that the server has found the start. */
  public void found() {
    proved = true;
  }

  /** The server has answered, with no event. */
  public void answered() {
    proved |= scanChecksStart;
  }

  /**
   * Whether the stream can go on with a cursor that the driver has opened in place of its own. The
   * driver does not ask whether the server has all that comes after the token. Where nobody else
   * finds out either, ours is opened instead, which asks. So it is before the first cursor has
   * proved itself: the driver goes on from the token of an empty batch then, which may be behind
   * what was lost.
   *
   * @param found whether an event came, and so the server has found the token
   */
  public boolean survivesReplacement(boolean found) {
    return proved && (found || !last.isEvent() || scanChecksStart);
  }

  /**
   * An event is given.
   *
   * @param own its position, if that could be read
   * @return where it is; of one that does not say it, where the one before it is
   */
  public ResumePosition at(Optional<ResumePosition> own) {
    last = own.orElse(last);
    return last;
  }

  /**
   * The position that the server says it has got to without an event for us, once per change of
   * that.
   */
  public Optional<ResumePosition> moved(@Nullable BsonDocument token) {
    if (!proved || token == null || token.equals(seenToken)) {
      return Optional.empty();
    }
    seenToken = token;
    ResumePosition position = ResumePosition.ofToken(token);
    // A cursor that a hidden event ended says where that is; the event has to be found first.
    if (position.equals(last) || position.isInvalidate()) {
      return Optional.empty();
    }
    last = position;
    return Optional.of(position);
  }
}
