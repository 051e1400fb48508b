package dev.perennial.source.mongo;

import static java.util.Objects.requireNonNull;

import dev.perennial.source.mongo.internal.watch.HistoryLostKind;
import java.util.function.Function;

/**
 * What to do when the server no longer has the changes after the stream's position, because the
 * oplog was overwritten. Where the stream goes on, a {@link StreamGap} is delivered first.
 */
public sealed interface HistoryLostPolicy permits HistoryLostKind {

  /** The stream fails and its checkpoint stays as it is. The default. */
  static HistoryLostPolicy fail() {
    return HistoryLostKind.Fail.INSTANCE;
  }

  /** Goes on from now. */
  static HistoryLostPolicy restartNow() {
    return HistoryLostKind.RestartNow.INSTANCE;
  }

  /**
   * Goes on from where the application says, for example from the time before which it has copied
   * the data anew.
   *
   * @param choose given the gap as it would be if the stream went on from the moment of the call,
   *     says where to go on; {@link StartPosition#now() now} is the moment of its return. Called on
   *     the stream's own thread, may block. A time that has not come yet is taken as it is: nothing
   *     is delivered until then. What it throws ends the stream with a {@link
   *     MongoSourceException.Reason#RESTART_FAILED}, unless a classifier of the application's
   *     retries that. An interrupt does not: if it restores the flag, or throws with an {@link
   *     InterruptedException} for a cause, the call that pulls throws that, and the next asks again
   */
  static HistoryLostPolicy restartAt(Function<StreamGap, StartPosition> choose) {
    return new HistoryLostKind.RestartAt(requireNonNull(choose, "restartAt() needs a function"));
  }
}
