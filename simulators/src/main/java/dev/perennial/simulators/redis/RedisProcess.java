package dev.perennial.simulators.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One {@code redis-server} process, its port, its directory and its configuration file. Safe for
 * use from any thread.
 */
final class RedisProcess implements AutoCloseable {

  /** Generous: the machine may be busy with everything else. */
  private static final Duration START = Duration.ofSeconds(30);

  private static final int POLL_MILLIS = 10;
  private static final int ANSWER_MILLIS = 5_000;
  private static final int PORTS_TRIED = 20;

  /** Before a port that must be this one is tried again. */
  private static final Duration PORT_PAUSE = Duration.ofMillis(100);

  private final Path directory;
  private final Path binary;
  private final List<String> arguments;
  private final Thread hook = new Thread(this::killNow);
  private int port;
  private @Nullable Process process;
  private boolean closed;

  /** Makes the lines of a configuration file, given the port. */
  @FunctionalInterface
  interface Configuration {
    List<String> lines(int port);
  }

  private RedisProcess(Path directory, Path binary, List<String> arguments) {
    this.directory = directory;
    this.binary = binary;
    this.arguments = arguments;
  }

  /**
   * Starts a server on a free port and waits until it answers.
   *
   * @param carried whether to run the one that the library carries even if one is on the PATH
   * @param arguments what comes behind the configuration file on the command line
   */
  static RedisProcess start(boolean carried, Configuration configuration, String... arguments) {
    Path directory = null;
    try {
      directory = Files.createTempDirectory("perennial-redis-");
      RedisProcess server =
          new RedisProcess(
              directory,
              carried ? RedisBinary.extract(directory) : RedisBinary.find(directory),
              List.of(arguments));
      Runtime.getRuntime().addShutdownHook(server.hook);
      try {
        server.startOnFreePort(configuration);
        return server;
      } catch (IOException | RuntimeException e) {
        server.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Redis could not be started: " + e.getMessage(), e);
    }
  }

  private void startOnFreePort(Configuration configuration) throws IOException {
    for (int attempt = 1; ; attempt++) {
      port = FreePorts.free();
      List<String> lines = new ArrayList<>();
      lines.add("port " + port);
      lines.add("bind 127.0.0.1");
      lines.add("daemonize no");
      lines.add("logfile \"\"");
      lines.add("dir \"" + directory.toString().replace("\\", "\\\\") + "\"");
      lines.addAll(configuration.lines(port));
      Files.write(directory.resolve("redis.conf"), lines);
      try {
        run();
        return;
      } catch (IOException e) {
        if (attempt == PORTS_TRIED || !isPortTaken()) {
          throw e;
        }
      }
    }
  }

  private boolean isPortTaken() {
    return log().contains("Address already in use");
  }

  int port() {
    return port;
  }

  Path directory() {
    return directory;
  }

  synchronized long pid() {
    return current().pid();
  }

  synchronized boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Everything that the server has written to its log. */
  String log() {
    try {
      Path file = directory.resolve("log");
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts the process again, on the same port, and waits until it has loaded its data. */
  synchronized void restart() {
    kill();
    for (int attempt = 1; ; attempt++) {
      try {
        run();
        return;
      } catch (IOException e) {
        if (attempt == PORTS_TRIED || !isPortTaken()) {
          throw new UncheckedIOException("Redis could not be started again: " + e.getMessage(), e);
        }
        LockSupport.parkNanos(PORT_PAUSE.toNanos());
      }
    }
  }

  /** Starts the process again without waiting for anything. */
  synchronized void restartWithoutWaiting() {
    kill();
    try {
      launch();
    } catch (IOException e) {
      throw new UncheckedIOException("Redis could not be started again: " + e.getMessage(), e);
    }
  }

  synchronized void kill() {
    killNow();
    if (process != null) {
      boolean interrupted = false;
      while (process.isAlive()) {
        try {
          process.waitFor();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Sends a signal by its name. */
  synchronized void signal(String name) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + name, String.valueOf(current().pid()))
              .inheritIO()
              .start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("Signal " + name + " could not be sent to Redis.");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while sending a signal to Redis.", e);
    }
  }

  RespClient connect() throws IOException {
    return new RespClient(port, ANSWER_MILLIS);
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    kill();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook has run or will.
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The directory of Redis could not be deleted.", e);
    }
  }

  private Process current() {
    if (process == null) {
      throw new IllegalStateException("Redis has not been started.");
    }
    return process;
  }

  private void killNow() {
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
    }
  }

  private synchronized void run() throws IOException {
    launch();
    awaitReady();
  }

  private void launch() throws IOException {
    if (closed) {
      throw new IllegalStateException("This Redis is closed; start another.");
    }
    List<String> command = new ArrayList<>();
    command.add(binary.toString());
    command.add(directory.resolve("redis.conf").toString());
    command.addAll(arguments);
    process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(directory.resolve("log").toFile()))
            .start();
    process.getOutputStream().close();
  }

  private void awaitReady() throws IOException {
    Process started = current();
    long deadline = System.nanoTime() + START.toNanos();
    while (!isReady(started)) {
      if (!started.isAlive()) {
        throw new IOException(binary + " ended at once. It said:\n" + log());
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "%s did not answer on %s:%d for %s. It said:%n%s"
                .formatted(binary, InetAddress.getLoopbackAddress(), port, START, log()));
      }
      try {
        started.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted while Redis started.", e);
      }
    }
  }

  /** What answers may also be another server, which took the port before this one could. */
  private boolean isReady(Process started) {
    try (RespClient client = connect()) {
      client.call("PING");
      return String.valueOf(client.call("INFO", "server"))
          .contains("process_id:" + started.pid() + "\r");
    } catch (RedisReplyException e) {
      return !String.valueOf(e.getMessage()).startsWith("LOADING");
    } catch (IOException e) {
      return false;
    }
  }
}
