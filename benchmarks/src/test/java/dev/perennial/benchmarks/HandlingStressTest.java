package dev.perennial.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.StreamStats;
import dev.perennial.port.BackoffPolicy;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Sixteen handlers on real threads handle each event in its place")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class HandlingStressTest {

  private static final int HANDLERS = 16;

  /** One in so many events fails at its first attempt. */
  private static final int FAILING = 9_973;

  private static final long MOST_GROWTH = 32L << 20;

  private static final BackoffPolicy RETRY = (failures, random) -> Duration.ofMillis(1);

  /** The keys in turn, as the source gives its positions. It measures the heap meanwhile. */
  private static final class KeysInTurn implements Function<Object, Object> {

    private final long events;
    private final Integer[] keys;
    private long next;
    private long heapEarly;
    private long heapLate;

    KeysInTurn(long events, int keys) {
      this.events = events;
      this.keys = new Integer[keys];
      Arrays.setAll(this.keys, key -> key);
    }

    @Override
    public Object apply(Object event) {
      if (next == events / 5) {
        heapEarly = usedHeap();
      } else if (next == events - 1) {
        heapLate = usedHeap();
      }
      return keys[(int) (next++ % keys.length)];
    }
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Checks each event that is handled: in the order of its key, one at a time of each. */
  private static final class Checks {

    private final int keys;
    private final AtomicLongArray handledOfKey;
    private final AtomicIntegerArray running;
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private final AtomicInteger violations = new AtomicInteger();

    Checks(int keys) {
      this.keys = keys;
      this.handledOfKey = new AtomicLongArray(keys);
      this.running = new AtomicIntegerArray(keys);
    }

    void begins(Delivery<Object> delivery) {
      if (running.getAndIncrement(keyOf(delivery)) != 0) {
        violations.incrementAndGet();
      }
    }

    void handles(Delivery<Object> delivery) {
      if (handledOfKey.getAndIncrement(keyOf(delivery)) != number(delivery) / keys) {
        violations.incrementAndGet();
      }
    }

    void ends(Delivery<Object> delivery) {
      running.decrementAndGet(keyOf(delivery));
    }

    private int keyOf(Delivery<Object> delivery) {
      return (int) (number(delivery) % keys);
    }

    static long number(Delivery<Object> delivery) {
      return ((Place) delivery.position()).number();
    }

    static boolean fails(Delivery<Object> delivery) {
      return number(delivery) % FAILING == 0 && delivery.attempt() == 1;
    }

    void enter() {
      mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
    }

    void leave() {
      atOnce.decrementAndGet();
    }

    void requireAll(long events, StreamStats stats) {
      assertThat(violations).hasValue(0);
      assertThat(mostAtOnce).hasValueLessThanOrEqualTo(HANDLERS);
      for (int key = 0; key < keys; key++) {
        assertThat(handledOfKey.get(key)).isEqualTo(events / keys);
      }
      assertThat(stats.acked()).isEqualTo(events);
      assertThat(stats.keysWaiting()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"10000000, 1000000", "2000000, 64"})
  @DisplayName("of many keys and of few, and the heap stays flat")
  void events(long events, int keyCount) throws InterruptedException {
    Checks checks = new Checks(keyCount);
    KeysInTurn keys = new KeysInTurn(events, keyCount);
    StreamStats stats;
    try (EventStream<Object> stream =
        EventStream.from(new FreeServerSource(events)).window(4_096).open()) {
      stream.consume(
          delivery -> {
            checks.enter();
            checks.begins(delivery);
            boolean fails = Checks.fails(delivery);
            if (!fails) {
              checks.handles(delivery);
            }
            checks.ends(delivery);
            checks.leave();
            if (fails) {
              throw new IllegalStateException("event " + Checks.number(delivery));
            }
          },
          Handling.inOrderPerKey(keys, HANDLERS).retry(RETRY, 2));
      stats = stream.stats();
    }
    checks.requireAll(events, stats);
    assertThat(stats.handlerFailures()).isEqualTo((events + FAILING - 1) / FAILING);
    assertThat(keys.heapLate - keys.heapEarly).isLessThan(MOST_GROWTH);
  }

  @Test
  @DisplayName("in batches")
  void batches() throws InterruptedException {
    long events = 2_000_000;
    int keyCount = 64;
    Checks checks = new Checks(keyCount);
    StreamStats stats;
    try (EventStream<Object> stream =
        EventStream.from(new FreeServerSource(events)).window(4_096).open()) {
      stream.consumeBatches(
          50,
          Duration.ofMillis(1),
          batch -> {
            checks.enter();
            Map<Integer, Delivery<Object>> firsts = new HashMap<>();
            batch.forEach(delivery -> firsts.putIfAbsent(checks.keyOf(delivery), delivery));
            firsts.values().forEach(checks::begins);
            boolean fails = batch.deliveries().stream().anyMatch(Checks::fails);
            if (!fails) {
              batch.forEach(checks::handles);
            }
            firsts.values().forEach(checks::ends);
            checks.leave();
            if (fails) {
              throw new IllegalStateException("a batch of " + batch.size());
            }
          },
          Handling.inOrderPerKey(new KeysInTurn(events, keyCount), HANDLERS).retry(RETRY, 2));
      stats = stream.stats();
    }
    checks.requireAll(events, stats);
    assertThat(stats.handlerFailures()).isPositive();
  }
}
