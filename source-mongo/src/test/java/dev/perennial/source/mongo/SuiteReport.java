package dev.perennial.source.mongo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Writes down how many cases ran on a real server and why others did not, for the build's last
 * lines: a green run of cases that were mostly skipped shows little. Until the last of them has
 * ended, it says that the suite is running, and so of a run that is killed.
 */
final class SuiteReport
    implements TestWatcher,
        BeforeAllCallback,
        AfterAllCallback,
        LifecycleMethodExecutionExceptionHandler {

  private static final String ASSUMPTION = "Assumption failed: ";

  /** For each file what each suite of this JVM has to say. */
  private static final Map<Path, Map<String, String>> SAID = new HashMap<>();

  private static final Path FILE = Path.of("target", "suites", "mongo.txt");

  private final String name;
  private final Path file;
  private String server = "a server that could not be used";
  private int passed;
  private int failed;
  private final Map<String, Integer> skipped = new TreeMap<>();
  private String trouble = "";

  /**
   * @param name of the test class
   */
  SuiteReport(String name) {
    this(name, FILE);
  }

  SuiteReport(String name, Path file) {
    this.name = name;
    this.file = file;
  }

  synchronized void on(ServerRun run) {
    server = run.description();
  }

  @Override
  public synchronized void testSuccessful(ExtensionContext context) {
    passed++;
  }

  @Override
  public synchronized void testFailed(ExtensionContext context, Throwable cause) {
    failed++;
  }

  @Override
  public synchronized void testAborted(ExtensionContext context, Throwable cause) {
    skip(String.valueOf(cause.getMessage()).replace(ASSUMPTION, ""));
  }

  @Override
  public synchronized void testDisabled(ExtensionContext context, Optional<String> reason) {
    skip(reason.orElse("disabled"));
  }

  private void skip(String reason) {
    skipped.merge(reason.lines().findFirst().orElse(reason), 1, Integer::sum);
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable cause)
      throws Throwable {
    synchronized (this) {
      trouble = String.valueOf(cause.getMessage());
    }
    throw cause;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    if (!isNested(context)) {
      write("The suite against a real replica set (" + name + ") is running, or was killed.");
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (!isNested(context)) {
      write(text());
    }
  }

  /** Nested classes inherit the extension, and end before the suite does. */
  private static boolean isNested(ExtensionContext context) {
    return context.getRequiredTestClass().getEnclosingClass() != null;
  }

  private void write(String text) {
    synchronized (SAID) {
      Map<String, String> said = SAID.computeIfAbsent(file, key -> new TreeMap<>());
      said.put(name, text);
      try {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, said.values());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  synchronized String text() {
    if (!trouble.isEmpty()) {
      return "The suite against a real replica set (" + name + ") could not run. " + trouble;
    }
    int skips = skipped.values().stream().mapToInt(Integer::intValue).sum();
    StringBuilder text =
        new StringBuilder("The suite against a real replica set (")
            .append(name)
            .append(") ran on ")
            .append(server)
            .append(": ")
            .append(passed)
            .append(" passed, ")
            .append(failed)
            .append(" failed, ")
            .append(skips)
            .append(" skipped.");
    skipped.forEach(
        (reason, count) -> text.append("\n  ").append(count).append(" skipped: ").append(reason));
    return text.toString();
  }
}
