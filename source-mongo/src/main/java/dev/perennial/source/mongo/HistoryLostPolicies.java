package dev.perennial.source.mongo;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The kinds of {@link HistoryLostPolicy}. */
final class HistoryLostPolicies {

  private HistoryLostPolicies() {}

  enum Fail implements HistoryLostPolicy {
    INSTANCE
  }

  enum RestartNow implements HistoryLostPolicy {
    INSTANCE
  }

  record RestartAt(Function<StreamGap, StartPosition> choose) implements HistoryLostPolicy {

    /**
     * Asks the application.
     *
     * @throws InterruptedException if that was the reason for what the application throws, which
     *     cannot say so itself
     * @throws MongoSourceException.RestartFailed instead of what the application throws, which
     *     would be taken for the source's own and retried if it came from a driver
     */
    StartPosition start(StreamGap gap) throws MongoSourceException, InterruptedException {
      @Nullable StartPosition chosen;
      try {
        chosen = choose.apply(gap);
      } catch (RuntimeException e) {
        Interrupts.check(e);
        throw new MongoSourceException.RestartFailed("threw " + e, e);
      }
      if (chosen == null) {
        throw new MongoSourceException.RestartFailed("returned null", null);
      }
      return chosen;
    }
  }
}
