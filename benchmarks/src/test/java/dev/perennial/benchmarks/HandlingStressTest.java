package dev.perennial.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.StreamStats;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("Sixteen handlers on real threads handle ten million events of a million keys")
class HandlingStressTest {

  private static final long EVENTS = 10_000_000;
  private static final int KEYS = 1_000_000;
  private static final int HANDLERS = 16;

  /** One in so many events fails at its first attempt. */
  private static final int FAILING = 9_973;

  private static final long MOST_GROWTH = 32L << 20;

  /** The keys in turn, as the source gives its positions. It measures the heap meanwhile. */
  private static final class KeysInTurn implements Function<Object, Object> {

    private final Integer[] keys = new Integer[KEYS];
    private long next;
    private long heapEarly;
    private long heapLate;

    KeysInTurn() {
      Arrays.setAll(keys, key -> key);
    }

    @Override
    public Object apply(Object event) {
      if (next == 2 * KEYS) {
        heapEarly = usedHeap();
      } else if (next == EVENTS - 1) {
        heapLate = usedHeap();
      }
      return keys[(int) (next++ % KEYS)];
    }
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  @DisplayName("each in the order of its key, one at a time of each, and the heap stays flat")
  void everyEventInItsPlace() throws InterruptedException {
    AtomicLongArray handledOfKey = new AtomicLongArray(KEYS);
    AtomicIntegerArray running = new AtomicIntegerArray(KEYS);
    AtomicInteger atOnce = new AtomicInteger();
    AtomicInteger mostAtOnce = new AtomicInteger();
    AtomicInteger violations = new AtomicInteger();
    KeysInTurn keys = new KeysInTurn();
    StreamStats stats;
    try (EventStream<Object> stream =
        EventStream.from(new FreeServerSource(EVENTS)).window(4_096).open()) {
      stream.consume(
          delivery -> {
            long number = ((Place) delivery.position()).number();
            int key = (int) (number % KEYS);
            mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            boolean alone = running.getAndIncrement(key) == 0;
            boolean inTurn = handledOfKey.get(key) == number / KEYS;
            if (!alone || !inTurn) {
              violations.incrementAndGet();
            }
            boolean fails = number % FAILING == 0 && delivery.attempt() == 1;
            if (!fails) {
              handledOfKey.incrementAndGet(key);
            }
            running.decrementAndGet(key);
            atOnce.decrementAndGet();
            if (fails) {
              throw new IllegalStateException("event " + number);
            }
          },
          Handling.inOrderPerKey(keys, HANDLERS)
              .retry((failures, random) -> Duration.ofMillis(1), 2));
      stats = stream.stats();
    }
    assertThat(violations).hasValue(0);
    assertThat(mostAtOnce).hasValueLessThanOrEqualTo(HANDLERS);
    for (int key = 0; key < KEYS; key++) {
      assertThat(handledOfKey.get(key)).isEqualTo(EVENTS / KEYS);
    }
    assertThat(stats.acked()).isEqualTo(EVENTS);
    assertThat(stats.handlerFailures()).isEqualTo((EVENTS + FAILING - 1) / FAILING);
    assertThat(stats.keysWaiting()).isZero();
    assertThat(keys.heapLate - keys.heapEarly).isLessThan(MOST_GROWTH);
  }
}
