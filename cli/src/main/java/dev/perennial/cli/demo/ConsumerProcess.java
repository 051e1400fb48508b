package dev.perennial.cli.demo;

import dev.perennial.StreamState;
import dev.perennial.cli.demo.ConsumerMessage.StateChanged;
import dev.perennial.cli.demo.ConsumerMessage.Stats;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A consumer of the demo that runs in a JVM of its own. */
final class ConsumerProcess implements AutoCloseable {

  private static final String LOG_LEVEL = "perennial.log";
  private static final long STOP_SECONDS = 15;

  private final Process process;
  private final Thread reader;
  private volatile StreamState state = StreamState.NEW;
  private volatile Stats stats = Stats.NONE;

  /**
   * Starts a main class on the class path of this program.
   *
   * @param messages receives the messages of the process, on the thread that reads them
   */
  ConsumerProcess(Class<?> main, Consumer<ConsumerMessage> messages, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                // It runs for seconds only, so a fast start matters more than peak speed.
                "-XX:TieredStopAtLevel=1",
                "-D" + LOG_LEVEL + '=' + System.getProperty(LOG_LEVEL, "off"),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    reader = new Thread(() -> read(messages), "consumer-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  StreamState state() {
    return state;
  }

  Stats stats() {
    return stats;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /**
   * Asks the process to close its stream, and waits for its end.
   *
   * @return whether it ended in time and with exit status 0
   */
  boolean stop() throws InterruptedException {
    try {
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
    } catch (IOException e) {
      // The process has ended already; its exit status says how.
    }
    boolean ended = process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
    close();
    reader.join();
    return ended && process.exitValue() == 0;
  }

  /** Kills the process with SIGKILL, and returns once all its output has been read. */
  void kill() throws InterruptedException {
    close();
    process.waitFor();
    reader.join();
  }

  /**
   * Kills the process if it runs. Uses its handle, because {@link Process#destroyForcibly} also
   * closes the pipes, from which output is still to be read.
   */
  @Override
  public void close() {
    process.toHandle().destroyForcibly();
  }

  private void read(Consumer<ConsumerMessage> messages) {
    try (Reader from =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      StringBuilder line = new StringBuilder();
      // Not readLine(), which also returns a last line without an end.
      for (int c = from.read(); c >= 0; c = from.read()) {
        if (c == '\n') {
          ConsumerMessage.parse(line.toString().stripTrailing())
              .ifPresent(message -> take(message, messages));
          line.setLength(0);
        } else {
          line.append((char) c);
        }
      }
    } catch (IOException e) {
      // The process has ended.
    }
  }

  private void take(ConsumerMessage message, Consumer<ConsumerMessage> messages) {
    if (message instanceof StateChanged changed) {
      state = changed.state();
    } else if (message instanceof Stats now) {
      stats = now;
    }
    messages.accept(message);
  }
}
