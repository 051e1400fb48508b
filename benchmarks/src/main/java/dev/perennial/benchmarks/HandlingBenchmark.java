package dev.perennial.benchmarks;

import dev.perennial.Checkpoints;
import dev.perennial.DeliveryHandler;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What {@code consume} adds to an event: all events of a source that costs nothing pass through a
 * handler. The figure is the elapsed time for one event.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 7)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+UseG1GC"})
public class HandlingBenchmark {

  private static final int EVENTS = 2_000_000;
  private static final int WAITING_EVENTS = 20_000;
  private static final int WAITING_HANDLERS = 256;
  private static final int KEYS = 1_000_000;

  /** Keys of events, in turn. */
  @State(Scope.Thread)
  public static class Keys {
    @Param({"1024", "16384"})
    int window;

    private final Integer[] keys = IntStream.range(0, KEYS).boxed().toArray(Integer[]::new);
    private int next;

    /** Begins with the first key. */
    @Setup
    public void begin() {
      next = 0;
    }

    Integer key() {
      next = next + 1 == KEYS ? 0 : next + 1;
      return keys[next];
    }
  }

  private static void consume(
      int events, int window, DeliveryHandler<Object> handler, Handling<Object> handling)
      throws InterruptedException {
    AtomicReference<Checkpoint> memory = new AtomicReference<>();
    CheckpointStore store =
        CheckpointStore.of(
            id -> Optional.ofNullable(memory.get()), (id, saved) -> memory.set(saved));
    try (EventStream<Object> stream =
        EventStream.from(new FreeClientSource(events), Checkpoints.in(store, "benchmark"))
            .window(window)
            .open()) {
      stream.consume(handler, handling);
    }
  }

  /** One event at a time, on the calling thread. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void inOrder(Keys keys) throws InterruptedException {
    consume(EVENTS, keys.window, delivery -> {}, Handling.inOrder());
  }

  /** Sixteen handlers at once, which do nothing, for a million keys. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void perKey(Keys keys) throws InterruptedException {
    consume(EVENTS, keys.window, delivery -> {}, Handling.inOrderPerKey(event -> keys.key(), 16));
  }

  /** Sixteen handlers at once, which do nothing, in no order. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void unordered(Keys keys) throws InterruptedException {
    consume(EVENTS, keys.window, delivery -> {}, Handling.unordered(16));
  }

  /** Handlers that wait for 5 ms, 256 at once: the ideal is 19,531 ns an event. */
  @Benchmark
  @OperationsPerInvocation(WAITING_EVENTS)
  public void waiting(Keys keys) throws InterruptedException {
    consume(
        WAITING_EVENTS,
        keys.window,
        delivery -> Thread.sleep(5),
        Handling.inOrderPerKey(event -> keys.key(), WAITING_HANDLERS));
  }
}
