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
   * About how large a batch is, in bytes, if the application sets no batch size. The server's own
   * limit is 16 MB of events. The driver keeps buffers of up to 16 MiB for further replies, so it
   * would make a new one for most of such replies; and the stream would wait longer for the first
   * event, and hold more events in memory. With the overhead of a reply this fits into 4 MiB.
   */
  private static final int BATCH_BYTES = 4_000_000;

  private static final String NOT_KILLED =
      "a cursor could not be killed; the server closes it after it was idle for some time";

  private final CursorCommands commands;
  private final BsonDocument options;
  private final StreamRuntime runtime;
  private final StreamRuntime.Signal signal;
  private volatile boolean woken;

  /** The last reply that was taken. */
  private Reply reply;

  /** The getMore that waits for its reply, or whose reply was not taken yet; null if none does. */
  private @Nullable Request request;

  /** The error of the last getMore. */
  private @Nullable Throwable failure;

  /** Whether close has finished with the session. A waiting getMore then ends it. */
  private boolean released;

  /**
   * @param options the fields of each getMore besides the cursor
   */
  OpenCursor(CursorCommands commands, Reply first, BsonDocument options, StreamRuntime runtime) {
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
   * @return whether the reply is there, for {@link #takeReply}
   */
  boolean ask(Duration atMost, boolean oneByOne) throws InterruptedException {
    throwIfInterrupted();
    Request current = request;
    if (current == null) {
      current = new Request(oneByOne);
      request = current;
      start(current);
    }
    Request waited = current;
    signal.await(() -> waited.isDone || woken, atMost);
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

  private void start(Request asked) {
    try {
      runtime.execute(asked);
    } catch (Throwable e) {
      // For example, no thread can be started; a stream must survive that.
      LOG.debug("the calling thread itself waits for the server", e);
      asked.run();
    }
  }

  /**
   * Takes the reply.
   *
   * @throws RuntimeException the error of the driver or the server, if there is no reply
   */
  void takeReply() {
    Request taken = Objects.requireNonNull(request);
    request = null;
    failure = taken.failure;
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    reply = Objects.requireNonNull(taken.reply);
  }

  /** Ends {@link #ask} early. */
  void wakeUp() {
    woken = true;
    signal.raise();
  }

  private Reply getMore(boolean oneByOne) {
    BsonDocument command =
        new BsonDocument("getMore", new BsonInt64(reply.cursor()))
            .append("collection", new BsonString(reply.namespace().getCollectionName()));
    command.putAll(options);
    if (oneByOne) {
      command.put("batchSize", new BsonInt32(1));
    } else if (reply.meanSize() > 0) {
      int events = Math.max(1, BATCH_BYTES / reply.meanSize());
      command.putIfAbsent("batchSize", new BsonInt32(events));
    }
    return commands.run(reply.namespace().getDatabaseName(), command);
  }

  /** One getMore. */
  private final class Request implements Runnable {

    private final boolean oneByOne;
    private @Nullable Reply reply;
    private @Nullable Throwable failure;
    private volatile boolean isDone;

    Request(boolean oneByOne) {
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
    if (isEnded() || (failure != null && !(failure instanceof MongoServerException))) {
      release();
      return;
    }
    AtomicBoolean killed = new AtomicBoolean();
    try {
      runtime.execute(() -> {
        kill();
        killed.set(true);
        signal.raise();
      });
    } catch (Throwable e) {
      LOG.debug(NOT_KILLED, e);
      release();
      return;
    }
    if (failure == null) {
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
    return request == null || request.isDone;
  }
}
