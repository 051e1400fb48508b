package dev.perennial.source.mongo.internal.watch;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.HistoryLostPolicy;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.StartPosition;
import dev.perennial.source.mongo.StreamGap;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.Interrupts;
import dev.perennial.source.mongo.internal.position.StartKind;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The kinds of {@link HistoryLostPolicy}. */
public sealed interface HistoryLostKind extends HistoryLostPolicy {

  enum Fail implements HistoryLostKind {
    INSTANCE
  }

  enum RestartNow implements HistoryLostKind {
    INSTANCE
  }

  record RestartAt(Function<StreamGap, StartPosition> choose) implements HistoryLostKind {

    /**
     * Calls the application's function.
     *
     * @throws InterruptedException if the function failed because of an interrupt; a function
     *     cannot throw this exception itself
     * @throws MongoSourceException if the function fails. An exception from a driver inside the
     *     function would otherwise count as the source's own and be retried
     */
    public StartKind start(StreamGap gap) throws MongoSourceException, InterruptedException {
      @Nullable StartPosition chosen;
      try {
        chosen = choose.apply(gap);
      } catch (RuntimeException e) {
        Interrupts.check(e);
        throw failed("threw an error, " + LogText.reason(e), e);
      }
      if (chosen == null) {
        throw failed("returned null", null);
      }
      return (StartKind) chosen;
    }

    private static MongoSourceException failed(String what, @Nullable Throwable cause) {
      return new MongoSourceException(
          Reason.RESTART_FAILED,
          ErrorKind.FATAL,
          "Cannot continue where the server has lost history: the function of onHistoryLost(restartAt(…)) "
              + what
              + ". Return where the stream continues, as a StartPosition.",
          cause);
    }
  }
}
