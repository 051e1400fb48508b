package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Helper that pulls a stream while a test waits, because a stream does nothing between pulls. */
final class Pull {

  /** The timeout of a failing test; longer than anything takes. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Duration STEP = Duration.ofMillis(20);

  private Pull() {}

  static Delivery<TapEvent> next(EventStream<TapEvent> stream) throws InterruptedException {
    return stream.next(PATIENCE).orElseThrow(() -> new AssertionError("no event came"));
  }

  static List<Delivery<TapEvent>> next(EventStream<TapEvent> stream, int count)
      throws InterruptedException {
    List<Delivery<TapEvent>> deliveries = new ArrayList<>();
    while (deliveries.size() < count) {
      deliveries.add(next(stream));
    }
    return deliveries;
  }

  /** Pulls until a condition holds, and fails if an event is delivered meanwhile. */
  static void quietlyUntil(EventStream<TapEvent> stream, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      Optional<Delivery<TapEvent>> unwanted = stream.next(STEP);
      assertThat(unwanted).as("handed out although nothing was to come").isEmpty();
      assertThat(System.nanoTime() - deadline).as("waited in vain").isNegative();
    }
  }

  /** Pulls until a condition holds, and returns what was delivered meanwhile. */
  static List<Delivery<TapEvent>> until(EventStream<TapEvent> stream, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    List<Delivery<TapEvent>> deliveries = new ArrayList<>();
    while (!condition.getAsBoolean()) {
      stream.next(STEP).ifPresent(deliveries::add);
      assertThat(System.nanoTime() - deadline).as("waited in vain").isNegative();
    }
    return deliveries;
  }

  static TapRecord record(Delivery<TapEvent> delivery) {
    return (TapRecord) delivery.event();
  }

  static long id(Delivery<TapEvent> delivery) {
    return delivery.event().id().orElseThrow();
  }
}
