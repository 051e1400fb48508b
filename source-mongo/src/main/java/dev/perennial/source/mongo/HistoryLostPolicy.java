package dev.perennial.source.mongo;

import static java.util.Objects.requireNonNull;

import dev.perennial.source.mongo.internal.watch.HistoryLostKind;
import java.util.function.Function;

/**
 * The policy for a position after which the server no longer has the changes, because the oplog was
 * overwritten. If the stream continues, it first delivers a {@link StreamGap}.
 */
public sealed interface HistoryLostPolicy permits HistoryLostKind {

  /** Fails the stream and keeps its checkpoint. The default. */
  static HistoryLostPolicy fail() {
    return HistoryLostKind.Fail.INSTANCE;
  }

  /** Continues from now. */
  static HistoryLostPolicy restartNow() {
    return HistoryLostKind.RestartNow.INSTANCE;
  }

  /**
   * Continues from where the application says, for example from the time at which it began a new
   * copy of the data.
   *
   * @param choose returns where to continue. Its argument is the gap that results if the stream
   *     continues from the moment of the call; {@link StartPosition#now() now} is the moment of its
   *     return. It is called by the stream's own thread and can block. A time in the future is
   *     accepted; nothing is delivered before it. If it throws, the stream fails with {@link
   *     MongoSourceException.Reason#RESTART_FAILED}, unless one of the application's classifiers
   *     retries that error. An interrupt does not fail the stream: if the function restores the
   *     interrupt flag or throws an exception caused by an {@link InterruptedException}, the call
   *     that pulls throws an {@code InterruptedException}, and the next call asks again
   */
  static HistoryLostPolicy restartAt(Function<StreamGap, StartPosition> choose) {
    return new HistoryLostKind.RestartAt(requireNonNull(choose, "restartAt() needs a function"));
  }
}
