package dev.perennial.benchmarks.mongo;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A virtual machine of its own, to which one talks in lines. */
final class Child implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 10;

  private final String name;
  private final Process process;
  private final BufferedReader output;
  private final BufferedWriter input;

  Child(List<String> options, Class<?> main, String... args) throws IOException {
    this.name = main.getSimpleName() + " " + String.join(" ", args);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The loops have no logger, of which SLF4J would tell in each process.
    command.add("-Dslf4j.internal.verbosity=ERROR");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    this.process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    this.output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    this.input =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII));
  }

  String readLine() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("The process of " + name + " ended.");
    }
    return line;
  }

  /** Gives it a line, and waits for one. */
  String ask(String line) throws IOException {
    input.write(line);
    input.newLine();
    input.flush();
    return readLine();
  }

  /** Ends its input, which ends it. */
  @Override
  public void close() throws IOException {
    input.close();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
