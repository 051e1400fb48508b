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
import java.util.Optional;

/**
 * Validation of a chosen start before it is saved. Without it, a start that the server never
 * accepts could replace a good checkpoint, and the stream would fail again after the start was
 * corrected, because a saved position takes precedence over a chosen start.
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
   * Checks that the server accepts a start. If the server refuses it but {@link PositionRecovery}
   * can continue from another position, the start also passes.
   *
   * @param chosen the start as the application chose it, for the message
   * @param start the position of that start
   * @throws MongoSourceException if the server refuses the start and the source cannot continue
   *     from another position
   */
  public void check(StartKind chosen, ResumePosition start)
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
  }

  /** Opens a cursor as the stream does: if the server refuses the token, its time replaces it. */
  private void open(ResumePosition start) throws MongoSourceException, InterruptedException {
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
      // An older server does not detect from a token alone that its oplog begins later.
      tryOut(time.get());
    }
  }

  /**
   * Opens a cursor at a position and closes it.
   *
   * @throws MongoException if the server refuses the position or does not answer
   */
  void tryOut(ResumePosition start) throws MongoSourceException, InterruptedException {
    try {
      opener.probe(start).close();
    } catch (MongoException e) {
      // An event that the server cannot return does not make the start invalid; the stream handles
      // it.
      if (!ErrorKind.UNRETURNABLE.is(e)) {
        throw e;
      }
    }
  }

  private static MongoSourceException refused(StartKind chosen, String why, MongoException cause) {
    return new MongoSourceException(
        Reason.START_REFUSED,
        ErrorKind.FATAL,
        ("Cannot start at %s, and it was not saved: %s, and says: %s."
                + " Set another start with MongoSourceBuilder.startAt().")
            // A token can be too long for a message.
            .formatted(LogText.brief(chosen.toString()), why, MongoErrors.words(cause)),
        cause);
  }
}
