package dev.perennial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A child process whose output is collected. */
public final class ChildProcess implements AutoCloseable {

  /** Long, because machines may be busy. A test that passes does not wait for it. */
  public static final Duration DEADLINE = Duration.ofSeconds(90);

  private final Process process;
  private final StringBuffer out = new StringBuffer();
  private final StringBuffer err = new StringBuffer();
  private final List<Thread> readers = new ArrayList<>();

  private ChildProcess(Process process) {
    this.process = process;
  }

  /** Starts a main class with the JVM and the class path of this test. */
  public static ChildProcess java(
      String mainClass, Map<String, String> environment, String... arguments) throws IOException {
    return java(mainClass, System.getProperty("java.class.path"), environment, true, arguments);
  }

  /** Starts a main class with a class path. The test may read its stdout itself. */
  public static ChildProcess java(
      String mainClass,
      String classPath,
      Map<String, String> environment,
      boolean readStdout,
      String... arguments)
      throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command =
        new ArrayList<>(
            List.of(
                java.toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                mainClass));
    command.addAll(List.of(arguments));
    return start(command, null, environment, readStdout);
  }

  /** Starts a command. */
  public static ChildProcess start(
      List<String> command,
      @Nullable Path directory,
      Map<String, String> environment,
      boolean readStdout)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    if (directory != null) {
      builder.directory(directory.toFile());
    }
    builder.environment().keySet().removeIf(name -> name.startsWith("JAVA_TOOL"));
    builder.environment().keySet().removeIf(name -> name.startsWith("JDK_JAVA"));
    builder.environment().keySet().removeIf(name -> name.startsWith("PERENNIAL_"));
    builder.environment().putAll(environment);
    ChildProcess program = new ChildProcess(builder.start());
    if (readStdout) {
      program.read(program.process.getInputStream(), program.out);
    }
    program.read(program.process.getErrorStream(), program.err);
    return program;
  }

  private void read(InputStream from, StringBuffer to) {
    Thread reader =
        new Thread(() -> {
          byte[] bytes = new byte[8192];
          try {
            for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
              to.append(new String(bytes, 0, n, StandardCharsets.UTF_8));
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    reader.setDaemon(true);
    reader.start();
    readers.add(reader);
  }

  /** Waits for the end and returns the exit status. */
  public int exitStatus() throws InterruptedException {
    if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError(this + " does not end");
    }
    for (Thread reader : readers) {
      reader.join(DEADLINE.toMillis());
    }
    return process.exitValue();
  }

  /** Waits until stdout has this many lines. */
  public void awaitLines(int count) {
    await().atMost(DEADLINE).until(() -> lines().size() >= count);
  }

  /** Waits until stderr contains the text. */
  public void awaitErr(String text) {
    await().atMost(DEADLINE).untilAsserted(() -> assertThat(err()).contains(text));
  }

  /** Sends SIGTERM. Uses the handle, because {@link Process#destroy} also closes the pipes. */
  public void terminate() {
    process.toHandle().destroy();
  }

  /** Sends SIGKILL. */
  public void kill() {
    process.toHandle().destroyForcibly();
  }

  public Process process() {
    return process;
  }

  /** Returns what the process has written to stdout. */
  public String out() {
    return out.toString();
  }

  /** Returns the complete lines of {@link #out()}. */
  public List<String> lines() {
    String text = out();
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  /** Returns what the process has written to stderr. */
  public String err() {
    return err.toString();
  }

  @Override
  public String toString() {
    return "process " + process.info().commandLine().orElse("?") + "\n" + out + "\n" + err;
  }

  /** Kills the process if it runs. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
