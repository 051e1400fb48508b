package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.client.ClientSession;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ServerDescription;
import com.mongodb.selector.ServerSelector;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.Interrupts;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.NewestClusterTime;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sees what the driver does within {@code tryNext}: that it reopens a cursor by itself, without any
 * wait or limit. Used by one thread at a time.
 *
 * <p>A client of ours asks this for a server exactly once for each reopening, and not at all for a
 * getMore, on the thread that calls it. That is where a storm of them is broken: the exception of a
 * selector leaves {@code tryNext} as it is. An interrupt would too, but could not be told from the
 * application's own. Of a given client it is only seen that a cursor is another one afterwards.
 *
 * <p>Not a command listener: for the sake of any, the driver copies every reply as a whole.
 */
public final class ResumeWatch implements ServerSelector {

  /**
   * So many reopenings in a row, with no answer between them, are a storm. An election needs one or
   * two.
   */
  static final int STORM = 5;

  private final NewestClusterTime newestTime;
  private final MongoNotifier notifier;
  private final StreamRuntime runtime;

  /** The thread that is inside {@code tryNext}. All below is its own. */
  private volatile @Nullable Thread inside;

  private int inARow;
  private long since;

  /** When the driver was last asked: at the earliest, what it had was lost then. */
  private long lost;

  /**
   * @param newestTime what the replies say of the cluster's time
   */
  public ResumeWatch(NewestClusterTime newestTime, MongoNotifier notifier, StreamRuntime runtime) {
    this.newestTime = newestTime;
    this.notifier = notifier;
    this.runtime = runtime;
  }

  /**
   * Reads a cursor.
   *
   * @param isReplaced whether the cursor is another one since
   * @param session what the cursor is in; null if that is the driver's own
   * @throws MongoSourceException if the driver was stopped, or the client is closed
   */
  <T> @Nullable T within(
      Supplier<@Nullable T> tryNext, BooleanSupplier isReplaced, @Nullable ClientSession session)
      throws MongoSourceException, InterruptedException {
    // An error that leaves the driver is the end of its cursor, and so of what happened to that.
    inARow = 0;
    lost = runtime.nanoTime();
    inside = Thread.currentThread();
    try {
      T event = Interrupts.call(tryNext);
      if (inARow == 0 && isReplaced.getAsBoolean()) {
        resumed();
      }
      if (inARow > 0) {
        notifier.driverReopened(inARow, Duration.ofNanos(runtime.nanoTime() - lost).toMillis());
      }
      return event;
    } catch (StormBroken e) {
      throw new MongoSourceException(
          Reason.RESUME_STORM,
          ErrorKind.TRANSIENT,
          "Lost the cursor: the driver reopened it "
              + e.resumes
              + " times in a row without an answer, so the source stopped it. The stream waits before it tries"
              + " again.",
          null);
    } catch (IllegalStateException e) {
      MongoErrors.throwIfClosed(e);
      throw e;
    } finally {
      inside = null;
      if (session != null) {
        newestTime.see(session);
      }
    }
  }

  private void resumed() {
    if (inARow++ == 0) {
      since = runtime.nanoTime();
    }
    ListenerEvents.Resume resume = new ListenerEvents.Resume(inARow);
    notifier.notifyListener(l -> l.onResume(resume));
  }

  /** Lets every server pass, unless the thread is in a storm. */
  @Override
  public List<ServerDescription> select(ClusterDescription cluster) {
    List<ServerDescription> servers = cluster.getServerDescriptions();
    // While there is none, the driver waits for one and asks again.
    if (inside == Thread.currentThread() && !servers.isEmpty()) {
      if (inARow >= STORM) {
        notifier.notifyListener(l ->
            l.onResumeStorm(
                new ListenerEvents.ResumeStorm(
                    inARow, Duration.ofNanos(runtime.nanoTime() - since))));
        throw new StormBroken(inARow);
      }
      resumed();
    }
    return servers;
  }

  /** Ends the driver's own attempts to reopen a cursor. */
  private static final class StormBroken extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int resumes;

    StormBroken(int resumes) {
      super("stopped a storm of " + resumes + " resumes");
      this.resumes = resumes;
    }
  }
}
