package dev.perennial.benchmarks.tap;

import dev.perennial.benchmarks.measure.ChildProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * Measures of a stream of Tap besides what an event costs, as tables. They are Perennial's own; the
 * peers have no such engine to compare with.
 */
public final class TapProbes implements AutoCloseable {

  /** How many events the streams of {@link Probe#BUSY_STREAMS} take together. */
  static final int BUSY_EVENTS = 400_000;

  private static final List<String> HEAP = List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC");
  private static final List<String> LARGE_HEAP = List.of("-Xms3g", "-Xmx3g", "-XX:+UseG1GC");
  private static final int EVENTS_PER_SECOND = 1_000;
  private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos() / EVENTS_PER_SECOND;
  private static final int LATENCY_RUNS = 4;
  private static final int LATENCY_SECONDS = 5;

  /** The compiler needs so many events. They come singly, too: full buffers take other paths. */
  private static final int WARM_UP = 30_000;

  private static final long WARM_UP_PAUSE_NANOS = PAUSE_NANOS / 5;
  private static final int SECONDS = 10;
  private static final int CONNECTIONS = 21;
  private static final int WINDOW = 1_000_000;
  private static final int QUICK_PART = 10;
  private static final List<Integer> STREAMS = List.of(1, 10, 100, 1_000);

  private final PrintStream out;
  private final int part;
  private final ChildProcess server;
  private final String address;

  /**
   * Starts the server.
   *
   * @param quick measures less, for orientation
   */
  public TapProbes(PrintStream out, boolean quick) throws IOException {
    this.out = out;
    this.part = quick ? QUICK_PART : 1;
    this.server =
        new ChildProcess(
            "the server", List.of("-Xmx1g", "-XX:+UseSerialGC"), TapServerProcess.class);
    this.address = "localhost:" + server.readLine();
  }

  private void send(int connections, int events, Sending.Acks acks, long pauseNanos)
      throws IOException {
    server.ask("send " + connections + ' ' + events + ' ' + acks + ' ' + pauseNanos);
  }

  private ChildProcess start(Probe probe, List<String> options) throws IOException {
    return new ChildProcess(probe.name(), options, Probe.class, probe.name(), address);
  }

  private static long[] numbers(String answer) {
    return Arrays.stream(answer.split(" ", -1)).mapToLong(Long::parseLong).toArray();
  }

  /**
   * How long an event takes to its handler, and an ack to the server, beside a handler of Netty
   * that shows what the server and the machine take of it.
   */
  public void latency() throws IOException {
    Latency stream = new Latency(PAUSE_NANOS);
    Latency control = new Latency(PAUSE_NANOS);
    int count = LATENCY_SECONDS * EVENTS_PER_SECOND / part;
    try (ChildProcess streamProbe = start(Probe.LATENCY, HEAP);
        ChildProcess controlProbe = start(Probe.LATENCY_CONTROL, HEAP)) {
      for (ChildProcess probe : List.of(controlProbe, streamProbe)) {
        send(1, WARM_UP / part, Sending.Acks.EACH, WARM_UP_PAUSE_NANOS);
        probe.ask(Integer.toString(WARM_UP / part));
      }
      for (int run = 0; run < LATENCY_RUNS; run++) {
        if (run == 1) {
          // In the first run the compiler still works, as it does after any change of the rate.
          control.reset();
          stream.reset();
        }
        measureLatency(controlProbe, count, control);
        measureLatency(streamProbe, count, stream);
      }
    }
    out.printf(
        Locale.ROOT,
        "%n## Latency at %,d events a second, in µs%n%n"
            + "| client | from, to | p50 | p99 | p99.9 | most |%n|---|---|---|---|---|---|%n%s%s",
        EVENTS_PER_SECOND,
        stream.rows("**Perennial** `next()`"),
        control.rows("control: Netty's event loop"));
  }

  private void measureLatency(ChildProcess probe, int count, Latency latency) throws IOException {
    send(1, count, Sending.Acks.EACH, PAUSE_NANOS);
    long[] client = numbers(probe.ask(Integer.toString(count)));
    latency.add(client, numbers(server.ask("times")));
  }

  /** How long it takes from a cut to the first event of the next connection. */
  public void reconnect() throws IOException {
    long[] handshakes;
    try (ChildProcess probe = start(Probe.HANDSHAKE, HEAP)) {
      send(CONNECTIONS, 0, Sending.Acks.EACH, 0);
      handshakes = numbers(probe.ask(Integer.toString(CONNECTIONS)));
    }
    long[] reconnects;
    try (ChildProcess probe = start(Probe.RECONNECT, HEAP)) {
      send(CONNECTIONS, Probe.EVENTS_OF_CONNECTION, Sending.Acks.EACH_THEN_CUT, 0);
      long[] first = numbers(probe.ask(Integer.toString(CONNECTIONS)));
      long[] times = numbers(server.ask("times"));
      reconnects = new long[CONNECTIONS - 1];
      for (int i = 0; i < reconnects.length; i++) {
        reconnects[i] = first[i + 1] - times[2 * i + 1];
      }
    }
    double backoff = Probe.BACKOFF.toMillis();
    double handshake = median(handshakes) / 1e6;
    double reconnect = median(reconnects) / 1e6;
    out.printf(
        Locale.ROOT,
        "%n## Reconnect, in ms, median of %d%n%n"
            + "| backoff | handshake | from the cut to the first event | ratio |%n|---|---|---|---|%n"
            + "| %.0f | %.1f | %.1f | %.2f |%n",
        reconnects.length,
        backoff,
        handshake,
        reconnect,
        reconnect / (backoff + handshake));
  }

  private static double median(long[] values) {
    long[] sorted = LongStream.of(values).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** How much memory a stream uses whose events nobody takes, while the server sends. */
  public void memory() throws IOException {
    try (ChildProcess probe = start(Probe.STALLED, HEAP)) {
      send(1, WINDOW, Sending.Acks.EACH, 0);
      long[] bytes = numbers(probe.ask(Integer.toString(SECONDS / part)));
      out.printf(
          Locale.ROOT,
          "%n## Memory of a stream that nobody takes from, in KB%n%n"
              + "| after | heap | direct |%n|---|---|---|%n");
      for (int i = 0; i < bytes.length; i += 2) {
        out.printf(
            Locale.ROOT,
            "| %s | %,.0f | %,.0f |%n",
            i == 0 ? "before the stream" : i / 2 + " s",
            bytes[i] / 1e3,
            bytes[i + 1] / 1e3);
      }
    }
  }

  /** What many streams in one JVM cost, idle and busy. */
  public void streams() throws IOException {
    out.printf(
        Locale.ROOT,
        "%n## Streams in one JVM%n%n"
            + "| streams | idle: heap KB each | direct KB each | threads | busy: k events/s | CPU µs per event | threads besides one for each |%n"
            + "|---|---|---|---|---|---|---|%n");
    for (int count : STREAMS.subList(0, STREAMS.size() / Math.min(part, 2))) {
      long[] idle;
      try (ChildProcess probe = start(Probe.IDLE_STREAMS, HEAP)) {
        send(2 * count, 0, Sending.Acks.EACH, 0);
        // The first run loads the classes.
        probe.ask(Integer.toString(count));
        idle = numbers(probe.ask(Integer.toString(count)));
      }
      long[] busy;
      try (ChildProcess probe = start(Probe.BUSY_STREAMS, HEAP)) {
        send(2 * count, BUSY_EVENTS / count, Sending.Acks.EACH, 0);
        probe.ask(Integer.toString(count));
        busy = numbers(probe.ask(Integer.toString(count)));
      }
      out.printf(
          Locale.ROOT,
          "| %,d | %.1f | %.1f | %d | %.0f | %.2f | %d |%n",
          count,
          idle[0] / 1e3 / count,
          idle[1] / 1e3 / count,
          idle[2],
          BUSY_EVENTS * 1e6 / busy[0],
          busy[1] / 1e3 / BUSY_EVENTS,
          busy[2]);
    }
  }

  /** What a large window costs that is full. */
  public void window() throws IOException {
    int window = WINDOW / part;
    try (ChildProcess probe = start(Probe.WINDOW, LARGE_HEAP)) {
      long[] used = new long[0];
      // The first run warms up.
      for (int run = 0; run < 2; run++) {
        send(1, window, Sending.Acks.EACH, 0);
        used = numbers(probe.ask(Integer.toString(window)));
        Sending.Outcome outcome = Sending.Outcome.parse(server.ask("result"));
        if (!outcome.problem().isEmpty()) {
          throw new IOException(outcome.problem());
        }
      }
      out.printf(
          Locale.ROOT,
          "%n## A window of %,d, filled and then acked at random%n%n"
              + "| CPU µs per event taken | heap B per event | CPU µs per ack |%n|---|---|---|%n"
              + "| %.2f | %,d | %.2f |%n",
          window,
          used[0] / 1e3 / window,
          used[1] / window,
          used[2] / 1e3 / window);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
