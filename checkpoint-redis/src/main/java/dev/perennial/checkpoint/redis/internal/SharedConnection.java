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
 * The one connection of a store, made when it is needed and replaced when it is broken, and the
 * calls over it, each of which ends in time. Safe for use from any thread.
 *
 * <p>A call that did not answer in time is given up together with its connection, which may be
 * half-open. With several servers a connection on which a call failed serves the others until there
 * is a new one, and the calls that are under way then. A call that was given up may still be
 * carried out later. Our own client repeats no call that may have reached the server; one that was
 * given may do so after a reconnect. The scripts allow for both.
 */
public final class SharedConnection {

  /**
   * How many timeouts to wait for a connection. Our own client gives up after one; but its first
   * connection has to load a lot of code, which a busy machine takes its time for.
   */
  private static final int CONNECTING = 2;

  private static final int CLOSE_SECONDS = 1;

  private final Connector connector;
  private final Duration timeout;
  private final StreamRuntime runtime;
  private final RedisErrors errors;

  /** Guarded by this object: the connection, or the attempt to make one. */
  private @Nullable CompletableFuture<LettuceConnection> session;

  /** Guarded by this object: the attempt to make a connection that takes the place of that one. */
  private @Nullable CompletableFuture<LettuceConnection> replacement;

  /**
   * Guarded by this object: connections that were replaced, each with the timer that closes it once
   * the calls over it have ended.
   */
  private final IdentityHashMap<CompletableFuture<LettuceConnection>, StreamRuntime.Timer> retired =
      new IdentityHashMap<>();

  /** Guarded by this object: when the connector was last told of trouble. */
  private @Nullable Long troubledAt;

  /** Guarded by this object. */
  private boolean closed;

  public SharedConnection(Connector connector, Duration timeout, StreamRuntime runtime) {
    this.connector = connector;
    this.timeout = timeout;
    this.runtime = runtime;
    this.errors = new RedisErrors(connector.address(), timeout);
  }

  /** Whether some keys may be out of reach and others not. */
  boolean hasSeveralServers() {
    return connector.hasSeveralServers();
  }

  /** Where Redis is, without any credentials. */
  public String address() {
    return connector.address();
  }

  /**
   * Runs a script.
   *
   * @param what what is not done if this fails, as a sentence without its end
   * @return what it answers, of which the first entry is text
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
    // A server that was restarted, failed over to, or told to forget its scripts.
    return call(what, commands -> eval(commands, script, key, arguments));
  }

  private static Future<List<Object>> evalsha(
      RedisClusterAsyncCommands<String, String> commands,
      Script script,
      String key,
      String... arguments) {
    return commands.evalsha(script.digest(), ScriptOutputType.MULTI, new String[] {key}, arguments);
  }

  /** Sends a script whole, so that it need not be known. */
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
   * @param what what is not done if this fails, as a sentence without its end
   */
  <T> T call(String what, Function<RedisClusterAsyncCommands<String, String>, Future<T>> command)
      throws CheckpointException {
    LettuceConnection used = null;
    Future<T> answer = null;
    try {
      used = await(session(what), timeout.multipliedBy(CONNECTING));
      answer = command.apply(used.commands());
      return await(answer, timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CheckpointException.unavailable(what + ", because the caller was interrupted.", e);
    } catch (ExecutionException e) {
      discardIfBroken(used, e.getCause());
      throw errors.explain(what, e.getCause());
    } catch (TimeoutException | RuntimeException e) {
      discardIfBroken(used, e);
      throw errors.explain(what, e);
    } finally {
      if (answer != null) {
        // So that what was not sent yet never is.
        answer.cancel(false);
      }
    }
  }

  private static <T> T await(Future<T> future, Duration longest)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(longest.toNanos(), TimeUnit.NANOSECONDS);
  }

  private synchronized Future<LettuceConnection> session(String what) throws CheckpointException {
    if (closed) {
      throw CheckpointException.closed(what + ", because the store is closed.");
    }
    CompletableFuture<LettuceConnection> current = session;
    if (current != null && (!current.isDone() || isUsable(current))) {
      return current;
    }
    drop(current);
    CompletableFuture<LettuceConnection> made = new CompletableFuture<>();
    session = made;
    begin(made);
    return made;
  }

  private void begin(CompletableFuture<LettuceConnection> made) {
    try {
      runtime.execute(() -> connect(made));
    } catch (Throwable e) {
      // Such as that there can be no more threads: the next call tries again.
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
      troubled();
      made.completeExceptionally(e);
    }
  }

  /**
   * Lettuce now and then reports that it closed a refused connection, and not why it was refused.
   */
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
      CompletableFuture<LettuceConnection> current = session;
      if (current != null && current.isDone() && isSame(current, used)) {
        if (connector.hasSeveralServers()) {
          replace(current);
        } else {
          session = null;
          drop(current);
        }
      }
    }
    troubled();
  }

  /**
   * Makes a new connection while the old one is used on. To connect may take long if one of several
   * servers is silent, and the claims on the others have to be renewed meanwhile.
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

  @SuppressWarnings("ReferenceEquality") // a future is itself and no other
  private synchronized void replaced(
      CompletableFuture<LettuceConnection> old,
      CompletableFuture<LettuceConnection> made,
      boolean connected) {
    replacement = null;
    if (!connected) {
      return;
    }
    if (closed || session != old) {
      drop(made);
      return;
    }
    session = made;
    retired.put(old, runtime.schedule(timeout, () -> dropRetired(old)));
  }

  private synchronized void dropRetired(CompletableFuture<LettuceConnection> old) {
    retired.remove(old);
    drop(old);
  }

  /** Once per timeout: however many calls fail, one look at a cluster is enough for all of them. */
  private void troubled() {
    synchronized (this) {
      long now = runtime.nanoTime();
      if (troubledAt != null && now - troubledAt < timeout.toNanos()) {
        return;
      }
      troubledAt = now;
    }
    connector.troubled();
  }

  private static boolean isSame(CompletableFuture<LettuceConnection> done, LettuceConnection used) {
    return !done.isCompletedExceptionally() && done.join().equals(used);
  }

  /** Closes a connection once it is there, without waiting for it. */
  private static void drop(@Nullable CompletableFuture<LettuceConnection> dropped) {
    if (dropped != null) {
      dropped.thenAccept(one -> one.connection().closeAsync());
    }
  }

  /** Closes the connection, and the client if it is ours. Idempotent. */
  public void close() {
    CompletableFuture<LettuceConnection> last;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      last = session;
      session = null;
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

  /** Waits a little, because Lettuce warns of a client that is closed while a connection closes. */
  private static void closeInOrder(LettuceConnection session) {
    try {
      session.connection().closeAsync().get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // It ends with the client, or with the server.
    }
  }
}
