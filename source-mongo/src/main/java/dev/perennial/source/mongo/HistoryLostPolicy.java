package dev.perennial.source.mongo;

import java.time.Instant;
import java.util.function.Function;

/**
 * What to do when the server no longer has the changes after the stream's position, because the
 * oplog was overwritten. Where the stream goes on, a {@link StreamGap} is delivered first.
 */
public sealed interface HistoryLostPolicy {

  /** The stream fails and its checkpoint stays as it is. The default. */
  static HistoryLostPolicy fail() {
    return Fail.INSTANCE;
  }

  /** Goes on from now. */
  static HistoryLostPolicy restartNow() {
    return RestartNow.INSTANCE;
  }

  /**
   * Goes on from a time that the application chooses, for example one before which it has copied
   * the data anew.
   *
   * @param choose given the gap as it would be if the stream went on from now, says where to go on;
   *     called on the stream's own thread, may block. What it throws ends the stream, unless a
   *     classifier of the application's retries it
   */
  static HistoryLostPolicy restartAt(Function<StreamGap, Instant> choose) {
    return new RestartAt(choose);
  }

  /** See {@link #fail()}. */
  enum Fail implements HistoryLostPolicy {
    INSTANCE
  }

  /** See {@link #restartNow()}. */
  enum RestartNow implements HistoryLostPolicy {
    INSTANCE
  }

  /**
   * See {@link #restartAt}.
   *
   * @param choose says where to go on
   */
  record RestartAt(Function<StreamGap, Instant> choose) implements HistoryLostPolicy {}
}
