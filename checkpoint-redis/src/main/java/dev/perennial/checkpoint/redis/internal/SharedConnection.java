package dev.perennial.checkpoint.redis.internal;

import dev.perennial.checkpoint.redis.internal.Connector.LettuceConnection;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.StreamRuntime;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one connection of a store, shared by all its streams: it is opened for the first call,
 * replaced when it is broken, and each call over it ends within the timeout. Safe for use from any
 * thread.
 *
 * <p>A call that times out is abandoned together with its connection, which may be half-open. With
 * several servers, a connection on which a call failed serves the others until its replacement is
 * open. Redis may still run an abandoned call later. The store's own client repeats no call that
 * may have reached the server; the application's client may do so after a reconnect. The scripts
 * allow for both.
 */
public final class SharedConnection {

  /**
   * How many timeouts to wait for a connection. The store's own client fails after one, but loading
   * the code for the first connection takes long on a busy machine.
   */
  private static final int TIMEOUTS_PER_CONNECT = 2;

  private static final int CLOSE_SECONDS = 1;

  private final Connector connector;
  private final Duration timeout;
  private final StreamRuntime runtime;
  private final RedisErrors errors;

  /** The connection, or the attempt to open it. Guarded by this object. */
  private @Nullable CompletableFuture<LettuceConnection> connection;

  /** The attempt to open a replacement for it. Guarded by this object. */
  private @Nullable CompletableFuture<LettuceConnection> replacement;

  /**
   * The connections that were replaced, each with the timer that closes it after its last calls
   * have ended. Guarded by this object.
   */
  private final IdentityHashMap<CompletableFuture<LettuceConnection>, StreamRuntime.Timer> retired =
      new IdentityHashMap<>();

  /** When the connector last took note of a failed call. Guarded by this object. */
  private @Nullable Long callFailedAt;

  /** Guarded by this object. */
  private boolean closed;

  public SharedConnection(Connector connector, Duration timeout, StreamRuntime runtime) {
    this.connector = connector;
    this.timeout = timeout;
    this.runtime = runtime;
    this.errors = new RedisErrors(connector.address(), timeout);
  }

  /** Returns whether some keys can be out of reach while others are not. */
  boolean hasSeveralServers() {
    return connector.hasSeveralServers();
  }

  /** Returns the address of Redis for messages, without credentials. */
  public String address() {
    return connector.address();
  }

  /**
   * Runs a script.
   *
   * @param what the beginning of the error message if this fails, such as "Cannot save checkpoint
   *     x"
   * @return the answer, whose first entry is text
   */
  List<Object> run(String what, Script script, String key, String... arguments)
      throws CheckpointException {
    try {
      return call(what, commands -> evalsha(commands, script, key, arguments));
    } catch (CheckpointException e) {
      if (!RedisErrors.isUnknownScript(e.getCause())) {
        throw e;
      }
    }
    // The server was restarted, is a new primary, or was told to drop its scripts.
    return call(what, commands -> eval(commands, script, key, arguments));
  }

  private static Future<List<Object>> evalsha(
      RedisClusterAsyncCommands<String, String> commands,
      Script script,
      String key,
      String... arguments) {
    return commands.evalsha(script.digest(), ScriptOutputType.MULTI, new String[] {key}, arguments);
  }

  /** Sends the whole script, so that the server need not know it. */
  static RedisFuture<List<Object>> eval(
      RedisClusterAsyncCommands<String, String> commands,
      Script script,
      String key,
      String... arguments) {
    return commands.eval(script.text(), ScriptOutputType.MULTI, new String[] {key}, arguments);
  }

  /**
   * Runs a command.
   *
   * @param what the beginning of the error message if this fails, such as "Cannot save checkpoint
   *     x"
   */
  <T> T call(String what, Function<RedisClusterAsyncCommands<String, String>, Future<T>> command)
      throws CheckpointException {
    LettuceConnection used = null;
    Future<T> answer = null;
    try {
      used = await(connection(what), timeout.multipliedBy(TIMEOUTS_PER_CONNECT));
      answer = command.apply(used.commands());
      return await(answer, timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CheckpointException.unavailable(what + ": the calling thread was interrupted.", e);
    } catch (ExecutionException e) {
      discardIfBroken(used, e.getCause());
      throw errors.explain(what, e.getCause());
    } catch (TimeoutException | RuntimeException e) {
      discardIfBroken(used, e);
      throw errors.explain(what, e);
    } finally {
      if (answer != null) {
        // So that a call that was not sent yet never is.
        answer.cancel(false);
      }
    }
  }

  private static <T> T await(Future<T> future, Duration longest)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(longest.toNanos(), TimeUnit.NANOSECONDS);
  }

  private synchronized Future<LettuceConnection> connection(String what)
      throws CheckpointException {
    if (closed) {
      throw CheckpointException.closed(
          what + ": the store is closed. Close the streams first, then the store.");
    }
    CompletableFuture<LettuceConnection> current = connection;
    if (current != null && (!current.isDone() || isUsable(current))) {
      return current;
    }
    drop(current);
    CompletableFuture<LettuceConnection> made = new CompletableFuture<>();
    connection = made;
    begin(made);
    return made;
  }

  private void begin(CompletableFuture<LettuceConnection> made) {
    try {
      runtime.execute(() -> connect(made));
    } catch (Throwable e) {
      // For example, no thread can be started: the next call tries again.
      made.completeExceptionally(e);
    }
  }

  private static boolean isUsable(CompletableFuture<LettuceConnection> done) {
    return !done.isCompletedExceptionally() && done.join().isUsable();
  }

  private void connect(CompletableFuture<LettuceConnection> made) {
    try {
      made.complete(connectTwice());
    } catch (Throwable e) {
      callFailed();
      made.completeExceptionally(e);
    }
  }

  /** Connects, and tries a second time if Lettuce hides why the server refused the connection. */
  private LettuceConnection connectTwice() {
    try {
      return connector.connect();
    } catch (RuntimeException e) {
      if (!RedisErrors.hidesReason(e)) {
        throw e;
      }
      return connector.connect();
    }
  }

  private void discardIfBroken(@Nullable LettuceConnection used, @Nullable Throwable cause) {
    if (used == null || !RedisErrors.breaksConnection(cause)) {
      return;
    }
    synchronized (this) {
      CompletableFuture<LettuceConnection> current = connection;
      if (current != null && current.isDone() && isSame(current, used)) {
        if (connector.hasSeveralServers()) {
          replace(current);
        } else {
          connection = null;
          drop(current);
        }
      }
    }
    callFailed();
  }

  /**
   * Opens a new connection while the old one stays in use. This can take long if one of several
   * servers does not answer, and the claims on the others must be renewed meanwhile.
   */
  private synchronized void replace(CompletableFuture<LettuceConnection> old) {
    if (replacement != null || closed) {
      return;
    }
    CompletableFuture<LettuceConnection> made = new CompletableFuture<>();
    replacement = made;
    made.whenComplete((one, error) -> replaced(old, made, error == null));
    begin(made);
  }

  @SuppressWarnings("ReferenceEquality") // the same future, not an equal one
  private synchronized void replaced(
      CompletableFuture<LettuceConnection> old,
      CompletableFuture<LettuceConnection> made,
      boolean connected) {
    replacement = null;
    if (!connected) {
      return;
    }
    if (closed || connection != old) {
      drop(made);
      return;
    }
    connection = made;
    retired.put(old, runtime.schedule(timeout, () -> dropRetired(old)));
  }

  private synchronized void dropRetired(CompletableFuture<LettuceConnection> old) {
    retired.remove(old);
    drop(old);
  }

  /** Reports a failed call at most once per timeout: one refresh of a cluster serves them all. */
  private void callFailed() {
    synchronized (this) {
      long now = runtime.nanoTime();
      if (callFailedAt != null && now - callFailedAt < timeout.toNanos()) {
        return;
      }
      callFailedAt = now;
    }
    connector.callFailed();
  }

  private static boolean isSame(CompletableFuture<LettuceConnection> done, LettuceConnection used) {
    return !done.isCompletedExceptionally() && done.join().equals(used);
  }

  /** Closes a connection once it is open, without waiting. */
  private static void drop(@Nullable CompletableFuture<LettuceConnection> dropped) {
    if (dropped != null) {
      dropped.thenAccept(one -> one.connection().closeAsync());
    }
  }

  /** Closes the connection, and the client if it is the store's own. Idempotent. */
  public void close() {
    CompletableFuture<LettuceConnection> last;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      last = connection;
      connection = null;
      retired.forEach((old, timer) -> {
        timer.cancel();
        drop(old);
      });
      retired.clear();
    }
    if (last != null && last.isDone() && !last.isCompletedExceptionally()) {
      closeInOrder(last.join());
    } else {
      drop(last);
    }
    connector.close();
  }

  /** Closes and waits shortly, because Lettuce warns if its client closes before the connection. */
  private static void closeInOrder(LettuceConnection connection) {
    try {
      connection.connection().closeAsync().get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The connection ends with the client or with the server.
    }
  }
}
