package dev.perennial.benchmarks.measure;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/**
 * Where and when something was measured.
 *
 * @param load how many threads were ready to run before it began, on average; negative if unknown
 */
public record Machine(
    LocalDate date, int processors, String processor, String system, String java, double load) {

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final String MODEL = "model name";

  /** Above this, other programs run. */
  private static final double IDLE_LOAD = 0.5;

  /** Returns this machine. */
  public static Machine current() {
    return new Machine(
        LocalDate.now(ZoneOffset.UTC),
        Runtime.getRuntime().availableProcessors(),
        processorModel(),
        System.getProperty("os.name") + ' ' + System.getProperty("os.version"),
        System.getProperty("java.vendor") + ' ' + Runtime.version(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static String processorModel() {
    try {
      return Files.readAllLines(CPU_INFO, StandardCharsets.UTF_8).stream()
          .filter(line -> line.startsWith(MODEL))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElseGet(() -> System.getProperty("os.arch"));
    } catch (IOException e) {
      // Not Linux.
      return System.getProperty("os.arch");
    }
  }

  /** Returns one line for people. */
  public String text() {
    return String.format(
        Locale.ROOT, "%s, %d processors (%s), %s, %s", date, processors, processor, system, java);
  }

  /** Returns what makes the figures doubtful; empty if nothing does. */
  public String warning() {
    if (load > IDLE_LOAD) {
      return String.format(
          Locale.ROOT, "The machine is busy (load average %.1f). Expect wide spreads.", load);
    }
    return processors < 2
        ? "There is one processor only, so the server takes the clients' time."
        : "";
  }
}
