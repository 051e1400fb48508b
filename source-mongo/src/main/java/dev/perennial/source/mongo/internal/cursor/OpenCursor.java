package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoServerException;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.internal.client.ServerPin;
import dev.perennial.source.mongo.internal.error.Interrupts;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A change stream cursor on the server. It reads batches and never opens another cursor: after the
 * first error it is unusable. One thread at a time uses it; {@link #wakeUp} is for any thread.
 */
final class OpenCursor {

  private static final Logger LOG = LoggerFactory.getLogger(MongoNotifier.LOGGER);

  /** How long a close waits for the server to confirm that it has killed the cursor. */
  private static final Duration KILL_LIMIT = Duration.ofSeconds(1);

  /**
   * The least time for which a reply is waited for, so that one at the end of the default
   * maxAwaitTime of 500 ms is there.
   */
  private static final Duration ANSWER = Duration.ofMillis(750);

  private static final String NOT_KILLED =
      "a cursor could not be killed; the server closes it after it was idle for some time";

  /**
   * The options of getMore.
   *
   * @param batchSize the most events in a reply; null for the server's default
   * @param maxAwait how long the server waits for an event before it answers without one
   * @param comment null if the server may be too old for it
   */
  record Options(@Nullable Integer batchSize, Duration maxAwait, @Nullable String comment) {}

  private final CursorCommands commands;
  private final Options options;
  private final StreamRuntime runtime;
  private final StreamRuntime.Signal signal;
  private volatile boolean woken;

  /** The last reply that was taken. */
  private Reply reply;

  /** The getMore that waits for its reply, or whose reply was not taken yet; null if none does. */
  private @Nullable Asking asking;

  /** The error of the last getMore. */
  private @Nullable Throwable failure;

  /** Whether the cursor needs its session no longer, except for a getMore that still waits. */
  private boolean released;

  OpenCursor(CursorCommands commands, Reply first, Options options, StreamRuntime runtime) {
    this.commands = commands;
    this.reply = first;
    this.options = options;
    this.runtime = runtime;
    this.signal = runtime.newSignal();
  }

  /** Returns the bytes of the next event of the batch; null if there is none left. */
  byte @Nullable [] next() {
    return reply.events().poll();
  }

  boolean hasNext() {
    return !reply.events().isEmpty();
  }

  /**
   * Returns the bytes of the next event, and asks the server once if the batch has none left; null
   * if the server has none. Waits in the calling thread.
   */
  byte @Nullable [] nextOrAsk() throws InterruptedException {
    if (!hasNext() && !isEnded()) {
      reply = Interrupts.call(() -> getMore(false));
    }
    return next();
  }

  /** Returns the point up to which the server has read with its last reply; null if unknown. */
  @Nullable ResumePosition token() {
    return reply.token();
  }

  /** Returns whether the server has ended the cursor with the last batch. */
  boolean isEnded() {
    return reply.cursor() == 0;
  }

  ServerPin server() {
    return commands.server();
  }

  /**
   * Asks the server for the next batch, unless it was asked already, and waits for the reply. A
   * thread of the runtime sends the request, because nothing wakes a driver that waits for a
   * server.
   *
   * @param atMost how long to wait; less after {@link #wakeUp}
   * @param oneByOne whether to ask for a single event
   * @return whether the reply is there, for {@link #answer}
   */
  boolean ask(Duration atMost, boolean oneByOne) throws InterruptedException {
    throwIfInterrupted();
    Asking current = asking;
    if (current == null) {
      current = new Asking(oneByOne);
      asking = current;
      start(current);
    }
    Asking waited = current;
    signal.await(() -> waited.isDone || woken, atMost.compareTo(ANSWER) > 0 ? atMost : ANSWER);
    woken = false;
    // The reply, if it is there, stays for the next call.
    throwIfInterrupted();
    return current.isDone;
  }

  private static void throwIfInterrupted() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  private void start(Asking asked) {
    try {
      runtime.execute(asked);
    } catch (Throwable e) {
      // For example because no more threads can be started, which no stream has to end for.
      LOG.debug("the calling thread itself waits for the server", e);
      asked.run();
    }
  }

  /**
   * Takes the reply.
   *
   * @throws RuntimeException the error of the driver or the server, if there is no reply
   */
  void answer() {
    Asking answered = Objects.requireNonNull(asking);
    asking = null;
    failure = answered.failure;
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    reply = Objects.requireNonNull(answered.reply);
  }

  /** Ends {@link #ask} early. */
  void wakeUp() {
    woken = true;
    signal.raise();
  }

  private Reply getMore(boolean oneByOne) {
    Integer batchSize = oneByOne ? Integer.valueOf(1) : options.batchSize();
    BsonDocument command =
        new BsonDocument("getMore", new BsonInt64(reply.cursor()))
            .append("collection", new BsonString(reply.namespace().getCollectionName()))
            .append("maxTimeMS", new BsonInt64(options.maxAwait().toMillis()));
    if (batchSize != null) {
      command.append("batchSize", new BsonInt32(batchSize));
    }
    if (options.comment() != null) {
      command.append("comment", new BsonString(options.comment()));
    }
    return commands.run(reply.namespace().getDatabaseName(), command);
  }

  /** One getMore. */
  private final class Asking implements Runnable {

    private final boolean oneByOne;
    private @Nullable Reply reply;
    private @Nullable Throwable failure;
    private volatile boolean isDone;

    Asking(boolean oneByOne) {
      this.oneByOne = oneByOne;
    }

    @Override
    public void run() {
      try {
        reply = getMore(oneByOne);
      } catch (Throwable e) {
        failure = e;
      }
      synchronized (OpenCursor.this) {
        isDone = true;
        closeSession();
      }
      signal.raise();
    }
  }

  /**
   * Kills the cursor on the server, over another connection than that of a getMore that waits. On
   * newer servers this ends that getMore at once; on others, such as 4.4, its reply comes after
   * maxAwaitTime, and nobody waits for it. A thread of the runtime sends the request, because it
   * hangs if the network does.
   */
  void close() throws InterruptedException {
    // A server from which no reply came may not be there, and closes the cursor by itself.
    boolean open = !isEnded() && (failure == null || failure instanceof MongoServerException);
    AtomicBoolean killed = new AtomicBoolean(!open);
    if (open) {
      try {
        runtime.execute(() -> {
          kill();
          killed.set(true);
          signal.raise();
        });
      } catch (Throwable e) {
        LOG.debug(NOT_KILLED, e);
        open = false;
      }
    }
    if (!open) {
      release();
    } else if (failure == null) {
      signal.await(killed::get, KILL_LIMIT);
    }
  }

  private void kill() {
    try {
      commands.kill(reply, isIdle());
    } catch (RuntimeException e) {
      LOG.debug(NOT_KILLED, e);
    } finally {
      release();
    }
  }

  private synchronized void release() {
    released = true;
    closeSession();
  }

  private synchronized void closeSession() {
    if (released && isIdle()) {
      commands.close();
    }
  }

  /** Returns whether no getMore waits. */
  private synchronized boolean isIdle() {
    return asking == null || asking.isDone;
  }
}
