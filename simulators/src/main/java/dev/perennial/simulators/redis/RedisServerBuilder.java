package dev.perennial.simulators.redis;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Builds a {@link RedisServer}. Used by one thread. */
public final class RedisServerBuilder {

  private final List<String> lines = new ArrayList<>();
  private @Nullable String password;
  private boolean carried;
  private boolean persistent;

  RedisServerBuilder() {}

  /** Sets the default user's password. */
  public RedisServerBuilder password(String password) {
    this.password = Objects.requireNonNull(password, "password");
    return config("requirepass \"" + password + "\"");
  }

  /**
   * Adds a user.
   *
   * @param rules what the user may do, in Redis's syntax: {@code ~perennial:*}, {@code +eval}
   */
  public RedisServerBuilder user(String name, String password, String... rules) {
    return config("user " + name + " on >" + password + " " + String.join(" ", rules));
  }

  /**
   * Writes every change to the append-only file before it is answered, so that a killed server has
   * it after a restart.
   */
  public RedisServerBuilder persistent() {
    persistent = true;
    return this;
  }

  /** Adds a line to the configuration file. */
  public RedisServerBuilder config(String line) {
    lines.add(Objects.requireNonNull(line, "line"));
    return this;
  }

  /** Runs the server that comes with the library (6.2), even if there is one on the PATH. */
  public RedisServerBuilder carried() {
    carried = true;
    return this;
  }

  /**
   * Starts the server and waits until it answers.
   *
   * @throws UncheckedIOException if it cannot be started; with what it said
   */
  public RedisServer start() {
    List<String> all = new ArrayList<>();
    all.add("save \"\"");
    if (persistent) {
      all.add("appendonly yes");
      all.add("appendfsync always");
      // Rewritten, it would say no more in which order things were done.
      all.add("auto-aof-rewrite-percentage 0");
    }
    all.addAll(lines);
    return new RedisServer(RedisProcess.start(carried, port -> all), password);
  }
}
