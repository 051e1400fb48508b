package dev.perennial.benchmarks.tap;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.benchmarks.measure.ChildProcess;
import dev.perennial.benchmarks.measure.Meter;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapSource;
import dev.perennial.transport.netty.NettyTransport;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What a process finds out about streams of Tap, besides what an event costs. The numbers that it
 * answers are explained at the constants.
 */
enum Probe {
  /** When each event was handed to the handler, and then when each ack was called. */
  LATENCY {
    @Override
    long[] measure(Setting setting, int events) throws InterruptedException {
      long[] times = new long[2 * events];
      try (EventStream<TapEvent> stream = setting.stream().open()) {
        for (int i = 0; i < events; i++) {
          Delivery<TapEvent> delivery = stream.next();
          times[i] = System.nanoTime();
          times[events + i] = System.nanoTime();
          delivery.ack();
        }
      }
      return times;
    }
  },

  /** The same without a stream. */
  LATENCY_CONTROL {
    @Override
    long[] measure(Setting setting, int events) throws Exception {
      long[] times = new long[2 * events];
      try (NettyClient client =
          new NettyClient(
              setting.server(),
              (uri, count, done) -> new LatencyControlHandler(uri, times, done))) {
        client.read(events);
      }
      return times;
    }
  },

  /** When the first event of each connection was handed to the handler. */
  RECONNECT {
    @Override
    long[] measure(Setting setting, int connections) throws InterruptedException {
      long[] times = new long[connections];
      try (EventStream<TapEvent> stream =
          setting.stream().backoff((failures, random) -> BACKOFF).open()) {
        for (int i = 0; i < connections; i++) {
          for (int j = 0; j < EVENTS_OF_CONNECTION; j++) {
            Delivery<TapEvent> delivery = stream.next();
            times[i] = j == 0 ? System.nanoTime() : times[i];
            delivery.ack();
          }
        }
      }
      return times;
    }
  },

  /** How long each handshake takes without a stream, in ns. */
  HANDSHAKE {
    @Override
    long[] measure(Setting setting, int connections) throws Exception {
      URI uri = URI.create("ws://" + setting.server() + "/channel");
      long[] nanos = new long[connections];
      for (int i = 0; i < connections; i++) {
        long before = System.nanoTime();
        var channel = setting.transport().open(uri, Map.of(), PATIENCE);
        nanos[i] = System.nanoTime() - before;
        channel.close(Duration.ZERO);
      }
      return nanos;
    }
  },

  /** Heap and direct memory: before, and then after each second in which nobody takes events. */
  STALLED {
    @Override
    long[] measure(Setting setting, int seconds) throws InterruptedException {
      long[] bytes = new long[2 * (seconds + 1)];
      bytes[0] = usedHeap();
      bytes[1] = usedDirect();
      try (EventStream<TapEvent> stream = setting.stream().open()) {
        stream.next();
        for (int i = 1; i <= seconds; i++) {
          Thread.sleep(1_000);
          bytes[2 * i] = usedHeap();
          bytes[2 * i + 1] = usedDirect();
        }
      }
      return bytes;
    }
  },

  /** Of idle streams: heap, direct memory, and threads, all of them together. */
  IDLE_STREAMS {
    @Override
    long[] measure(Setting setting, int count) throws Exception {
      long heap = usedHeap();
      long direct = usedDirect();
      int threads = threads();
      List<EventStream<TapEvent>> streams = setting.streams(count);
      for (EventStream<TapEvent> stream : streams) {
        stream.awaitLive(PATIENCE);
      }
      long[] used = {usedHeap() - heap, usedDirect() - direct, threads() - threads};
      streams.forEach(EventStream::close);
      return used;
    }
  },

  /** Of streams with a thread each that takes events: ns, CPU in ns, and threads besides those. */
  BUSY_STREAMS {
    @Override
    long[] measure(Setting setting, int count) throws Exception {
      int threads = threads();
      int events = TapProbes.BUSY_EVENTS / count;
      ExecutorService application = Executors.newFixedThreadPool(count);
      List<EventStream<TapEvent>> streams = setting.streams(count);
      Meter before = Meter.read();
      List<Future<Long>> sums = new ArrayList<>();
      for (EventStream<TapEvent> stream : streams) {
        sums.add(application.submit(() -> StreamClient.next(stream, events)));
      }
      for (Future<Long> sum : sums) {
        sum.get();
      }
      Meter after = Meter.read();
      long own = threads() - threads - (long) count;
      streams.forEach(EventStream::close);
      application.shutdown();
      application.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return new long[] {after.nanos() - before.nanos(), after.cpu() - before.cpu(), own};
    }
  },

  /** Of a window that is full: CPU to fill it, heap that it uses, and CPU to ack it at random. */
  WINDOW {
    @Override
    long[] measure(Setting setting, int window) throws InterruptedException {
      long heap = usedHeap();
      try (EventStream<TapEvent> stream = setting.stream().window(window).open()) {
        List<Delivery<TapEvent>> held = new ArrayList<>(window);
        long before = Meter.read().cpu();
        for (int i = 0; i < window; i++) {
          held.add(stream.next());
        }
        long filled = Meter.read().cpu();
        long full = usedHeap();
        Collections.shuffle(held, new Random(1));
        long shuffled = Meter.read().cpu();
        held.forEach(Delivery::ack);
        stream.close(PATIENCE);
        return new long[] {filled - before, full - heap, Meter.read().cpu() - shuffled};
      }
    }
  };

  static final Duration BACKOFF = Duration.ofMillis(100);
  static final int EVENTS_OF_CONNECTION = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Where the streams connect to, and through what. */
  record Setting(String server, NettyTransport transport) {

    EventStreamBuilder<TapEvent> stream() {
      return EventStream.from(TapSource.of(server, transport));
    }

    List<EventStream<TapEvent>> streams(int count) {
      List<EventStream<TapEvent>> streams = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        streams.add(stream().open());
      }
      return streams;
    }
  }

  abstract long[] measure(Setting setting, int count) throws Exception;

  private static long usedHeap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static long usedDirect() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  private static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  /**
   * Runs it until its input ends: each line is a number, and so is each word of an answer.
   *
   * @param args the name of the constant, and where the server is
   */
  public static void main(String[] args) throws Exception {
    PrintStream answers = ChildProcess.answers();
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (NettyTransport transport = NettyTransport.create()) {
      Setting setting = new Setting(args[1], transport);
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        answers.println(
            Arrays.stream(valueOf(args[0]).measure(setting, Integer.parseInt(line)))
                .mapToObj(Long::toString)
                .collect(Collectors.joining(" ")));
      }
    }
    System.exit(0);
  }
}
