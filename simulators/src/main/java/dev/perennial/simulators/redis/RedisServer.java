package dev.perennial.simulators.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis server, in a process of its own, on a free port of the loopback interface. It is the
 * {@code redis-server} on the PATH, or else one that comes with a library (6.2). Its directory is a
 * temporary one, and the process ends with this JVM, unless that is killed. Safe for use from any
 * thread.
 *
 * <p>{@link #pause}, {@link #resume} need a POSIX system.
 */
public final class RedisServer implements AutoCloseable {

  private final RedisProcess process;
  private final @Nullable String password;

  RedisServer(RedisProcess process, @Nullable String password) {
    this.process = process;
    this.password = password;
  }

  /** Starts a server that keeps everything in memory and needs no password. */
  public static RedisServer start() {
    return builder().start();
  }

  /** Returns a builder whose defaults are those of {@link #start()}. */
  public static RedisServerBuilder builder() {
    return new RedisServerBuilder();
  }

  /** The address of the server, with the default user's password if there is one. */
  public String uri() {
    return "redis://" + (password == null ? "" : ":" + password + "@") + "127.0.0.1:" + port();
  }

  /** The port, which stays the same for as long as this object lives. */
  public int port() {
    return process.port();
  }

  /** The id of the process that runs, or ran last. */
  public long pid() {
    return process.pid();
  }

  /** Whether the process runs, be it paused. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Where the server keeps its files. */
  public Path directory() {
    return process.directory();
  }

  /** What the process has logged since it was last started. */
  public String log() {
    return process.log();
  }

  /** What the server says about itself, one section of it. */
  public String info(String section) {
    return String.valueOf(command("INFO", section));
  }

  static String info(RedisProcess process, String section) {
    return String.valueOf(command(process, "INFO", section));
  }

  /** The version, such as 7.0.15. */
  public String version() {
    return info("server")
        .lines()
        .filter(line -> line.startsWith("redis_version:"))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElseThrow();
  }

  /**
   * Runs one command over a connection of its own, as the default user.
   *
   * @return text, a {@code Long}, a list of such, or null
   * @throws RedisReplyException if the server answers with an error
   * @throws UncheckedIOException if it does not answer within five seconds
   */
  public @Nullable Object command(String... command) {
    try (RespClient client = process.connect()) {
      if (password != null) {
        client.call("AUTH", password);
      }
      return client.call(command);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static @Nullable Object command(RedisProcess process, String... command) {
    return new RedisServer(process, null).command(command);
  }

  /**
   * The commands that changed something, in order, from the append-only file, which records a
   * script as the commands that it ran. Works after a kill, and across restarts.
   *
   * @throws IllegalStateException unless the server was built {@link RedisServerBuilder#persistent}
   */
  public List<List<String>> writes() {
    return AppendOnlyFile.read(directory());
  }

  /**
   * Waits until that many replicas have confirmed what this server has written so far. {@code WAIT}
   * does not serve: on a connection that wrote nothing it waits for nothing, and it counts replicas
   * to which the server sends nothing yet.
   *
   * @throws IllegalStateException if they do not confirm it in time
   */
  public void awaitReplicas(int atLeast) {
    long written = Replication.of(this).offset();
    ServerWait.until(
        atLeast + " replicas of " + this + " have what it wrote, up to " + written,
        () -> Replication.of(this).confirmedBy(written) >= atLeast,
        () -> info(Replication.SECTION));
  }

  /** Pauses the process (SIGSTOP): connections stay open, but nothing answers. */
  public void pause() {
    process.signal("STOP");
  }

  /** Resumes a paused process (SIGCONT). */
  public void resume() {
    process.signal("CONT");
  }

  /** Kills the process (SIGKILL), also while it is paused. Does nothing if it is dead. */
  public void kill() {
    process.kill();
  }

  /**
   * Kills the process if it runs, and starts it again on the same port, with the data that its
   * files hold. Returns once it has loaded them.
   */
  public void restart() {
    process.restart();
  }

  /** As {@link #restart()}, but returns at once. */
  public void restartWithoutWaiting() {
    process.restartWithoutWaiting();
  }

  /** Kills the process and deletes its directory. Idempotent. */
  @Override
  public void close() {
    process.close();
  }

  @Override
  public String toString() {
    return "RedisServer[127.0.0.1:" + port() + "]";
  }
}
