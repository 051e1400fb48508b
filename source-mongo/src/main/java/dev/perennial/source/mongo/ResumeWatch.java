package dev.perennial.source.mongo;

import com.mongodb.MongoClientException;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ServerDescription;
import com.mongodb.event.CommandFailedEvent;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import com.mongodb.event.CommandSucceededEvent;
import com.mongodb.selector.ServerSelector;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Sees what a client of ours does: the cluster time of every reply, and that the driver reopens a
 * cursor by itself, which it does within {@code tryNext}, without any wait or limit.
 *
 * <p>The driver runs commands, listeners and server selection on the thread that calls it, and
 * selects a server anew for each reopening. That is where a storm of them is broken: the exception
 * of a selector leaves {@code tryNext} as it is. An interrupt would too, but could not be told from
 * the application's own.
 */
final class ResumeWatch implements CommandListener, ServerSelector {

  /**
   * So many reopenings in a row, with no answer to a getMore between them, are a storm. An election
   * needs one or two.
   */
  static final int STORM = 5;

  private final MongoListener listener;
  private final StreamRuntime runtime;
  private final AtomicReference<@Nullable BsonTimestamp> clusterTime = new AtomicReference<>();

  /** The thread that is inside {@code tryNext}. All below is its own. */
  private volatile @Nullable Thread inside;

  private int inARow;
  private long since;
  private @Nullable Throwable cause;

  ResumeWatch(MongoListener listener, StreamRuntime runtime) {
    this.listener = listener;
    this.runtime = runtime;
  }

  /** The newest cluster time of any reply. Any thread. */
  Optional<BsonTimestamp> clusterTime() {
    return Optional.ofNullable(clusterTime.get());
  }

  /** A cursor of ours was opened: what happened to the one before no longer counts. */
  void opened() {
    inARow = 0;
    cause = null;
  }

  /** Runs a call in which whatever reopens a cursor is the driver. */
  <T extends @Nullable Object> T within(Supplier<T> call) {
    inside = Thread.currentThread();
    try {
      return call.get();
    } finally {
      inside = null;
    }
  }

  private boolean isInside() {
    return inside == Thread.currentThread();
  }

  @Override
  public void commandStarted(CommandStartedEvent event) {
    if (isInside() && event.getCommandName().equals("aggregate")) {
      if (inARow++ == 0) {
        since = runtime.nanoTime();
      }
      listener.onResume(new MongoListener.Resume(cause(), inARow));
    }
  }

  @Override
  public void commandSucceeded(CommandSucceededEvent event) {
    if (isInside() && event.getCommandName().equals("getMore")) {
      inARow = 0;
    }
    BsonTimestamp seen = clusterTime(event.getResponse());
    BsonTimestamp newest = clusterTime.get();
    while (seen != null
        && (newest == null || seen.compareTo(newest) > 0)
        && !clusterTime.compareAndSet(newest, seen)) {
      newest = clusterTime.get();
    }
  }

  @Override
  public void commandFailed(CommandFailedEvent event) {
    if (isInside()) {
      cause = event.getThrowable();
    }
  }

  /** Lets every server pass, unless the thread is in a storm. */
  @Override
  public List<ServerDescription> select(ClusterDescription cluster) {
    if (isInside() && inARow >= STORM) {
      Throwable why = cause();
      listener.onResumeStorm(
          new MongoListener.ResumeStorm(inARow, Duration.ofNanos(runtime.nanoTime() - since), why));
      throw new StormBroken(inARow, why);
    }
    return cluster.getServerDescriptions();
  }

  private Throwable cause() {
    Throwable known = cause;
    // What goes wrong before a command is sent fails no command.
    return known != null
        ? known
        : new MongoClientException("the driver had no connection to send a getMore over");
  }

  /**
   * The cluster's time in the reply of a member of a replica set or a mongos. The fields come after
   * the batch, which a raw document skips as a whole.
   */
  private static @Nullable BsonTimestamp clusterTime(BsonDocument reply) {
    BsonValue gossiped = reply.get("$clusterTime");
    BsonValue time =
        gossiped != null && gossiped.isDocument()
            ? gossiped.asDocument().get("clusterTime")
            : reply.get("operationTime");
    return time != null && time.isTimestamp() ? time.asTimestamp() : null;
  }

  /** Ends the driver's own attempts to reopen a cursor. */
  static final class StormBroken extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int resumes;

    StormBroken(int resumes, Throwable cause) {
      super(cause);
      this.resumes = resumes;
    }

    int resumes() {
      return resumes;
    }
  }
}
