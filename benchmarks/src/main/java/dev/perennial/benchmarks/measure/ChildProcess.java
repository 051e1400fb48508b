package dev.perennial.benchmarks.measure;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A JVM of its own that answers lines with lines. Its errors go to this process's stderr. */
public final class ChildProcess implements AutoCloseable {

  /** A process that takes longer for an answer is stuck. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final Duration EXIT = Duration.ofSeconds(10);

  /**
   * No contender logs, whatever is on the class path, and Flight Recorder does not report on stdout
   * that it records.
   */
  private static final List<String> WITHOUT_LOGGER =
      List.of(
          "-Xlog:jfr+startup=off",
          "-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider",
          "-Dslf4j.internal.verbosity=ERROR");

  private final String name;
  private final Process process;
  private final BufferedReader output;
  private final BufferedWriter input;

  /**
   * Starts a JVM with the class path of this one.
   *
   * @param name what messages call it
   * @param options options of the JVM
   */
  public ChildProcess(String name, List<String> options, Class<?> main, String... args)
      throws IOException {
    this.name = name;
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(WITHOUT_LOGGER);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    this.process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.input =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Waits for a line.
   *
   * @throws IOException if the process has ended or says nothing
   */
  public String readLine() throws IOException {
    // Ends a process that is stuck, and so the blocked read below.
    CompletableFuture<Void> watch =
        CompletableFuture.runAsync(
            process::destroyForcibly,
            CompletableFuture.delayedExecutor(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    try {
      String line = output.readLine();
      if (line == null) {
        throw new IOException(
            watch.isDone()
                ? name + " gave no answer within " + PATIENCE.toSeconds() + " s"
                : name + " ended; its stderr may say why");
      }
      return line;
    } finally {
      watch.cancel(false);
    }
  }

  /** Gives it a line, and waits for one. */
  public String ask(String line) throws IOException {
    input.write(line);
    input.newLine();
    input.flush();
    return readLine();
  }

  /**
   * Returns where a child process writes its answers. What else is printed goes to stderr from then
   * on.
   */
  public static PrintStream answers() {
    PrintStream stdout = System.out;
    System.setOut(System.err);
    return stdout;
  }

  /** Ends its input, which ends it. */
  @Override
  public void close() throws IOException {
    try {
      input.close();
    } catch (IOException ignored) {
      // It has ended already.
    }
    try {
      if (!process.waitFor(EXIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
