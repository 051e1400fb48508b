package dev.perennial.benchmarks;

import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the engine adds to an event: taken from a source that costs nothing, and acked, with so many
 * in flight, out of order among them.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+UseG1GC"})
public class EngineBenchmark {

  private static final int BATCH = 1_000;

  /** Who keeps track of what is acked. */
  public enum Tracked {
    /** The client, with a checkpoint in memory. */
    CLIENT {
      @Override
      EventStreamBuilder<Object> stream() {
        AtomicReference<Checkpoint> memory = new AtomicReference<>();
        CheckpointStore store =
            CheckpointStore.of(
                id -> Optional.ofNullable(memory.get()), (id, saved) -> memory.set(saved));
        return EventStream.from(new FreeClientSource(), Checkpoints.in(store, "benchmark"));
      }
    },
    /** The server. */
    SERVER {
      @Override
      EventStreamBuilder<Object> stream() {
        return EventStream.from(new FreeServerSource());
      }
    };

    abstract EventStreamBuilder<Object> stream();
  }

  /** A stream with deliveries in flight. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // by the set-up
  public static class Single {
    @Param Tracked tracked = Tracked.CLIENT;

    @Param({"1000", "100000"})
    int inFlight = BATCH;

    private EventStream<Object> stream;
    private List<Delivery<Object>> held;
    private OutOfOrder order;

    /** Opens the stream and takes the first deliveries. */
    @Setup
    public void open() throws InterruptedException {
      // Two rounds may pass from the oldest delivery to the newest.
      stream = tracked.stream().window(2 * inFlight).open();
      held = new ArrayList<>(inFlight);
      for (int i = 0; i < inFlight; i++) {
        held.add(stream.next());
      }
      order = new OutOfOrder(inFlight);
    }

    /** Closes the stream. */
    @TearDown
    public void close() {
      stream.close();
    }
  }

  /** A stream with batches in flight. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // by the set-up
  public static class Batched {
    @Param Tracked tracked = Tracked.CLIENT;

    @Param({"1000", "100000"})
    int inFlight = BATCH;

    private EventStream<Object> stream;
    private List<Batch<Object>> held;
    private OutOfOrder order;
    private OutOfOrder within;

    /** Opens the stream and takes the first batches. */
    @Setup
    public void open() throws InterruptedException {
      stream = tracked.stream().window(2 * inFlight).open();
      held = new ArrayList<>();
      for (int i = 0; i < inFlight / BATCH; i++) {
        held.add(full(stream));
      }
      order = new OutOfOrder(inFlight / BATCH);
      within = new OutOfOrder(BATCH);
    }

    /** Closes the stream. */
    @TearDown
    public void close() {
      stream.close();
    }
  }

  private static Batch<Object> full(EventStream<Object> stream) throws InterruptedException {
    Batch<Object> batch = stream.poll(BATCH, Duration.ofSeconds(10));
    if (batch.size() != BATCH) {
      throw new IllegalStateException("a batch has only " + batch.size() + " events");
    }
    return batch;
  }

  /** As large as a delivery, and settled as one is. */
  @SuppressWarnings("UnusedVariable") // the fields are there for their size
  private static final class Bare extends AtomicReference<@Nullable Object> {
    private static final long serialVersionUID = 1;
    final transient Object event;
    final long sequence;

    Bare(Object event, long sequence) {
      this.event = event;
      this.sequence = sequence;
    }
  }

  /** Objects in flight, without a stream. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // by the set-up
  public static class Control {
    @Param({"1000", "100000"})
    int inFlight;

    private final Object event = new Object();
    private List<Bare> held;
    private OutOfOrder order;
    private long made;

    /** Makes the first objects. */
    @Setup
    public void open() {
      held = new ArrayList<>(inFlight);
      for (int i = 0; i < inFlight; i++) {
        held.add(new Bare(event, made++));
      }
      order = new OutOfOrder(inFlight);
    }
  }

  /**
   * No stream at all: an object is settled that was made so many objects ago, and a new one is
   * made. What this costs more with more in flight is the memory's, and the application's own.
   */
  @Benchmark
  public boolean control(Control state) {
    int slot = state.order.slot();
    boolean settled = state.held.get(slot).compareAndSet(null, state.event);
    state.held.set(slot, new Bare(state.event, state.made++));
    return settled;
  }

  /** One event: an older one is acked, and a new one is taken. */
  @Benchmark
  public boolean next(Single state) throws InterruptedException {
    int slot = state.order.slot();
    boolean acked = state.held.get(slot).ack();
    state.held.set(slot, state.stream.next());
    return acked;
  }

  /** One event of a batch: an older batch is acked, one by one, and a new one is taken. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public boolean poll(Batched state) throws InterruptedException {
    int slot = state.order.slot();
    List<Delivery<Object>> old = state.held.get(slot).deliveries();
    boolean acked = true;
    for (int i = 0; i < BATCH; i++) {
      acked &= old.get(state.within.slot()).ack();
    }
    state.held.set(slot, full(state.stream));
    return acked;
  }
}
