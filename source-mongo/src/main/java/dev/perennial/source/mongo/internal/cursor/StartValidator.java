package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.StartKind;
import dev.perennial.source.mongo.internal.watch.HistoryLostKind;
import java.time.Duration;
import java.util.Optional;

/**
 * Validation of a chosen start before it is saved. A start that the server never accepts would
 * otherwise stay: a saved position takes precedence over a start that is chosen later, and it may
 * have replaced a good checkpoint.
 */
public final class StartValidator {

  private final CursorOpener opener;
  private final HistoryLostKind policy;
  private final MongoNotifier notifier;

  public StartValidator(CursorOpener opener, HistoryLostKind policy, MongoNotifier notifier) {
    this.opener = opener;
    this.policy = policy;
    this.notifier = notifier;
  }

  /**
   * Tries a start.
   *
   * @param chosen the start as the application said it
   * @param start where that is
   * @return where that is
   * @throws MongoSourceException if the server does not take it, and the stream could not go on
   *     from anywhere else either; what it could is for {@link PositionRecovery} to say
   */
  public ResumePosition check(StartKind chosen, ResumePosition start)
      throws MongoSourceException, InterruptedException {
    try {
      open(start);
    } catch (MongoException e) {
      if (ErrorKind.HISTORY_LOST.is(e)) {
        if (policy instanceof HistoryLostKind.Fail) {
          notifier.notifyListener(
              l -> l.onHistoryLost(new ListenerEvents.HistoryLost(start, e, Optional.empty())));
          throw refused(chosen, "the server no longer has the changes since then", e);
        }
      } else if (!ErrorKind.TOKEN_REJECTED.is(e)) {
        throw e;
      } else if (start.token().isPresent()) {
        throw refused(chosen, "the server does not accept that token", e);
      }
    }
    return start;
  }

  /** As the stream would: a token that is refused is replaced by its time. */
  private void open(ResumePosition start) throws InterruptedException {
    Optional<ResumePosition> time = start.token().isEmpty() ? Optional.empty() : start.degraded();
    try {
      tryOut(start);
      if (opener.scanChecksStart()) {
        return;
      }
    } catch (MongoException e) {
      if (time.isEmpty() || !ErrorKind.TOKEN_REJECTED.is(e)) {
        throw e;
      }
    }
    if (time.isPresent()) {
      // An older server does not see from a token alone that its oplog begins later.
      tryOut(time.get());
    }
  }

  /**
   * Opens a cursor at a position and closes it.
   *
   * @throws MongoException if the server refuses the position, or could not be asked
   */
  void tryOut(ResumePosition start) throws InterruptedException {
    try {
      opener.probe(start).close(Duration.ZERO);
    } catch (MongoException e) {
      // An event that cannot be returned is no fault of the start; the stream deals with it.
      if (!ErrorKind.UNRETURNABLE.is(e)) {
        throw e;
      }
    }
  }

  private static MongoSourceException refused(StartKind chosen, String why, MongoException cause) {
    return new MongoSourceException(
        Reason.START_REFUSED,
        ErrorKind.FATAL,
        "Cannot start at "
            // A token may be longer than a message should be.
            + LogText.brief(chosen.toString())
            + ", and it was not saved: "
            + why
            + ", and says: "
            + MongoErrors.words(cause)
            + ". Set another start with MongoSourceBuilder.startAt().",
        cause);
  }
}
