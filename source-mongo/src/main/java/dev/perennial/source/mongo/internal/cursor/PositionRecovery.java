package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.port.Recovery;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.StreamGap;
import dev.perennial.source.mongo.internal.client.ServerTime;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.watch.HistoryLostKind;
import dev.perennial.source.mongo.internal.watch.HistoryLostKind.RestartAt;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Recovery of a position that the server refuses. A refused token is replaced by its time once,
 * which loses nothing. If the server no longer has that time either, changes are lost, and the
 * application's policy decides. A checkpoint keeps the refused position until a connection has
 * given another one. If the stream reaches the same token again from its time and the server
 * refuses it again, the stream fails: nothing is lost, but there is no way past it.
 */
public final class PositionRecovery {

  private final HistoryLostKind policy;
  private final ServerTime server;
  private final StartValidator validator;
  private final MongoNotifier notifier;

  /** The time that last replaced tokens; several tokens can have the same time. */
  private @Nullable ResumePosition replacement;

  private final Set<ResumePosition> replaced = new HashSet<>();

  public PositionRecovery(
      HistoryLostKind policy, ServerTime server, StartValidator validator, MongoNotifier notifier) {
    this.policy = policy;
    this.server = server;
    this.validator = validator;
    this.notifier = notifier;
  }

  public Recovery<ChangeEvent, MongoPosition> recover(ResumePosition lost, Throwable cause)
      throws MongoSourceException, InterruptedException {
    Optional<ResumePosition> time =
        MongoErrors.isTokenRejected(cause) ? lost.degraded() : Optional.empty();
    if (time.isEmpty()) {
      return historyLost(lost, cause);
    }
    if (lost.token().isEmpty()) {
      // The lost position is a time, so the server refused something else.
      return Recovery.restart(lost);
    }
    try {
      validator.tryOut(time.get());
    } catch (MongoException e) {
      if (ErrorKind.HISTORY_LOST.is(e)) {
        return historyLost(lost, e);
      }
      if (!ErrorKind.TOKEN_REJECTED.is(e)) {
        throw e;
      }
    }
    return fromItsTime(lost, time.get(), cause);
  }

  private Recovery<ChangeEvent, MongoPosition> historyLost(ResumePosition lost, Throwable cause)
      throws MongoSourceException, InterruptedException {
    if (policy instanceof HistoryLostKind.Fail) {
      notifier.notifyListener(
          l -> l.onHistoryLost(new ListenerEvents.HistoryLost(lost, cause, Optional.empty())));
      return Recovery.stop();
    }
    BsonTimestamp now = server.next();
    if (policy instanceof RestartAt restart) {
      ResumePosition next = server.position(restart.start(gap(lost, now, cause))).inPlaceOf(lost);
      // If the time of the token is unknown, all changes up to now may be missing.
      return restart(lost, next, next.clusterTime().orElse(now), cause);
    }
    return restart(lost, ResumePosition.ofTime(now), now, cause);
  }

  private Recovery<ChangeEvent, MongoPosition> restart(
      ResumePosition lost, ResumePosition next, BsonTimestamp to, Throwable cause) {
    StreamGap gap = gap(lost, to, cause);
    notifier.notifyListener(
        l -> l.onHistoryLost(new ListenerEvents.HistoryLost(lost, cause, Optional.of(gap))));
    return Recovery.restart(next, gap);
  }

  private Recovery<ChangeEvent, MongoPosition> fromItsTime(
      ResumePosition lost, ResumePosition time, Throwable cause) throws MongoSourceException {
    if (!time.equals(replacement)) {
      replacement = time;
      replaced.clear();
    }
    if (!replaced.add(lost)) {
      throw new MongoSourceException(
          Reason.TOKEN_REJECTED_AGAIN,
          ErrorKind.FATAL,
          ("Cannot resume at %s: the server refused its token again after the stream had resumed from its time,"
                  + " and says: %s. Nothing is lost yet: change a pipeline that filters by what may change"
                  + " later, such as a looked-up fullDocument, or begin at a later time with startAt and"
                  + " Checkpoints.startAfresh().")
              .formatted(lost, MongoErrors.words(cause)),
          cause);
    }
    notifier.notifyListener(
        l -> l.onTokenRejected(new ListenerEvents.TokenRejected(lost, time, cause)));
    return Recovery.restart(time.inPlaceOf(lost));
  }

  private static StreamGap gap(ResumePosition lost, BsonTimestamp to, Throwable cause) {
    return new Gap(lost.clusterTime(), to, MongoErrors.words(cause));
  }

  private record Gap(Optional<BsonTimestamp> from, BsonTimestamp to, String reason)
      implements StreamGap {

    /** Shortens the reason, which contains the server's words. */
    @Override
    public String toString() {
      String start = from.map(ClusterTime::text).orElse("unknown");
      return "StreamGap[%s to %s, %s]"
          .formatted(start, ClusterTime.text(to), LogText.brief(reason));
    }
  }
}
