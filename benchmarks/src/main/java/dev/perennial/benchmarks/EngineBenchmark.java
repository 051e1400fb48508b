package dev.perennial.benchmarks;

import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
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
 * The engine's cost of an event from a source that costs nothing, with a number of unacked events
 * in flight.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+UseG1GC"})
public class EngineBenchmark {

  private static final int BATCH = 500;
  private static final int CONSUMED = 1_000_000;

  /** Who keeps track of what is acked. */
  public enum Tracked {
    /** The client, with a checkpoint in memory. */
    CLIENT {
      @Override
      EventStreamBuilder<Object> stream(long events) {
        AtomicReference<Checkpoint> memory = new AtomicReference<>();
        CheckpointStore store =
            CheckpointStore.of(
                id -> Optional.ofNullable(memory.get()), (id, saved) -> memory.set(saved));
        return EventStream.from(new FreeClientSource(events), Checkpoints.in(store, "benchmark"));
      }
    },
    /** The server. */
    SERVER {
      @Override
      EventStreamBuilder<Object> stream(long events) {
        return EventStream.from(new FreeServerSource(events));
      }
    };

    /** Builds a stream that ends after so many events. */
    abstract EventStreamBuilder<Object> stream(long events);

    EventStreamBuilder<Object> stream() {
      return stream(Long.MAX_VALUE);
    }
  }

  /** In which order the pulling thread acks. */
  public enum Acks {
    IN_ORDER,
    /** Events overtake each other within a thousand. */
    SHUFFLED
  }

  /** A stream with deliveries in flight. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // by the set-up
  public static class Single {
    @Param Tracked tracked;

    @Param({"1", "1000", "100000"})
    int inFlight;

    @Param Acks acks;

    private EventStream<Object> stream;
    private List<Delivery<Object>> held;
    private Slots slots;

    /** Opens the stream and takes the first deliveries. */
    @Setup
    public void open() throws InterruptedException {
      // Two rounds may pass from the oldest delivery to the newest.
      stream = tracked.stream().window(2 * inFlight).open();
      held = new ArrayList<>(inFlight);
      for (int i = 0; i < inFlight; i++) {
        held.add(stream.next());
      }
      slots = new Slots(inFlight, acks == Acks.SHUFFLED);
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
    @Param Tracked tracked;

    @Param({"1000", "100000"})
    int inFlight;

    @Param Acks acks;

    private EventStream<Object> stream;
    private List<Batch<Object>> held;
    private Slots slots;
    private Slots within;

    /** Opens the stream and takes the first batches. */
    @Setup
    public void open() throws InterruptedException {
      stream = tracked.stream().window(2 * inFlight).open();
      held = new ArrayList<>();
      for (int i = 0; i < inFlight / BATCH; i++) {
        held.add(full(stream));
      }
      slots = new Slots(inFlight / BATCH, acks == Acks.SHUFFLED);
      within = new Slots(BATCH, acks == Acks.SHUFFLED);
    }

    /** Closes the stream. */
    @TearDown
    public void close() {
      stream.close();
    }
  }

  /** A stream whose deliveries two other threads ack at random, a batch at a time. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // by the set-up
  public static class Elsewhere {
    private static final int THREADS = 2;

    @Param Tracked tracked;

    @Param({"1000", "100000"})
    int inFlight;

    private final BlockingQueue<List<Delivery<Object>>> handedOver = new LinkedBlockingQueue<>();
    private final ArrayDeque<List<Delivery<Object>>> held = new ArrayDeque<>();
    private List<Delivery<Object>> filling = new ArrayList<>(BATCH);
    private EventStream<Object> stream;
    private ExecutorService threads;

    /** Opens the stream and starts the threads. */
    @Setup
    public void open() {
      stream = tracked.stream().window(2 * inFlight).open();
      threads = Executors.newFixedThreadPool(THREADS);
      for (int i = 0; i < THREADS; i++) {
        threads.execute(this::ack);
      }
    }

    private void ack() {
      Slots order = new Slots(BATCH, true);
      try {
        while (true) {
          List<Delivery<Object>> deliveries = handedOver.take();
          for (int i = 0; i < BATCH; i++) {
            deliveries.get(order.next()).ack();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void take(Delivery<Object> delivery) {
      filling.add(delivery);
      if (filling.size() == BATCH) {
        held.add(filling);
        filling = new ArrayList<>(BATCH);
        if (held.size() > inFlight / BATCH) {
          handedOver.add(held.remove());
        }
      }
    }

    /** Stops the threads and closes the stream. */
    @TearDown
    public void close() {
      threads.shutdownNow();
      stream.close();
    }
  }

  /** The kind of source for a loop that keeps nothing in flight. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // by JMH
  public static class Loop {
    @Param Tracked tracked;
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
    private Slots slots;
    private long made;

    /** Makes the first objects. */
    @Setup
    public void open() {
      held = new ArrayList<>(inFlight);
      for (int i = 0; i < inFlight; i++) {
        held.add(new Bare(event, made++));
      }
      slots = new Slots(inFlight, true);
    }
  }

  /**
   * No stream at all: an object is settled that was made so many objects ago, and a new one is
   * made. What this costs more with more in flight is the memory's, and the application's own.
   */
  @Benchmark
  public boolean control(Control state) {
    int slot = state.slots.next();
    boolean settled = state.held.get(slot).compareAndSet(null, state.event);
    state.held.set(slot, new Bare(state.event, state.made++));
    return settled;
  }

  /** One event: an older one is acked, and a new one is taken. */
  @Benchmark
  public boolean next(Single state) throws InterruptedException {
    int slot = state.slots.next();
    boolean acked = state.held.get(slot).ack();
    state.held.set(slot, state.stream.next());
    return acked;
  }

  /** One event of a batch: an older batch is acked, one by one, and a new one is taken. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public boolean poll(Batched state) throws InterruptedException {
    int slot = state.slots.next();
    List<Delivery<Object>> old = state.held.get(slot).deliveries();
    boolean acked = true;
    for (int i = 0; i < BATCH; i++) {
      acked &= old.get(state.within.next()).ack();
    }
    state.held.set(slot, full(state.stream));
    return acked;
  }

  /** One event, which another thread acks later. */
  @Benchmark
  public Object nextAckedElsewhere(Elsewhere state) throws InterruptedException {
    Delivery<Object> delivery = state.stream.next();
    state.take(delivery);
    return delivery;
  }

  /** One event of a loop that acks each after its handler. */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @OperationsPerInvocation(CONSUMED)
  public void consume(Loop loop) throws InterruptedException {
    try (EventStream<Object> stream = loop.tracked.stream(CONSUMED).open()) {
      stream.consume(delivery -> {});
    }
  }
}
