package dev.perennial.cli.demo;

import dev.perennial.StreamState;
import dev.perennial.cli.demo.ConsumerMessage.Changed;
import dev.perennial.cli.demo.ConsumerMessage.Figures;
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

/** An application of the demo that runs in a Java of its own. */
final class ConsumerProcess implements AutoCloseable {

  private static final String LOG_LEVEL = "perennial.log";
  private static final long STOP_SECONDS = 15;

  private final Process process;
  private final Thread reader;
  private volatile StreamState state = StreamState.NEW;
  private volatile Figures figures = Figures.NONE;

  /**
   * Starts a main class on the class path of this program.
   *
   * @param messages gets all that it says, on a thread of its own
   */
  ConsumerProcess(Class<?> main, Consumer<ConsumerMessage> messages, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                // Its first seconds matter, not its last.
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

  Figures figures() {
    return figures;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Has it close its stream, and waits for its end; false if that was not in order. */
  boolean stop() throws InterruptedException {
    try {
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
    } catch (IOException e) {
      // It is gone already; its exit status says how.
    }
    boolean ended = process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
    close();
    reader.join();
    return ended && process.exitValue() == 0;
  }

  /** Kills it (SIGKILL), and returns when all that it ever said has been read. */
  void kill() throws InterruptedException {
    close();
    process.waitFor();
    reader.join();
  }

  /** Kills it if it lives. By its handle: the process's own method would close its pipes. */
  @Override
  public void close() {
    process.toHandle().destroyForcibly();
  }

  private void read(Consumer<ConsumerMessage> messages) {
    try (Reader from =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      StringBuilder line = new StringBuilder();
      // Not readLine(): what is cut off in the middle of a line does not count.
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
      // Its end.
    }
  }

  private void take(ConsumerMessage message, Consumer<ConsumerMessage> messages) {
    if (message instanceof Changed changed) {
      state = changed.state();
    } else if (message instanceof Figures now) {
      figures = now;
    }
    messages.accept(message);
  }
}
