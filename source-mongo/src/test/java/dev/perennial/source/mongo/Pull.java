package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Pulls a stream in a test: whoever waits for something must pull meanwhile, or nothing moves. */
public final class Pull {

  /** Far longer than anything takes; only a failing test waits so long. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Duration STEP = Duration.ofMillis(20);

  private Pull() {}

  public static Delivery<ChangeEvent> next(EventStream<ChangeEvent> stream)
      throws InterruptedException {
    return stream.next(PATIENCE).orElseThrow(() -> new AssertionError("no event came"));
  }

  public static List<Delivery<ChangeEvent>> next(EventStream<ChangeEvent> stream, int count)
      throws InterruptedException {
    List<Delivery<ChangeEvent>> deliveries = new ArrayList<>();
    while (deliveries.size() < count) {
      deliveries.add(next(stream));
    }
    return deliveries;
  }

  /** Pulls until an event comes that is looked for; the others are taken as they come. */
  public static List<Delivery<ChangeEvent>> until(
      EventStream<ChangeEvent> stream, Predicate<ChangeEvent> wanted) throws InterruptedException {
    List<Delivery<ChangeEvent>> deliveries = new ArrayList<>();
    do {
      deliveries.add(next(stream));
    } while (!wanted.test(deliveries.get(deliveries.size() - 1).event()));
    return deliveries;
  }

  /**
   * Pulls until something is so, and takes any event that is handed out meanwhile for a mistake.
   */
  public static void quietlyUntil(EventStream<ChangeEvent> stream, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      Optional<Delivery<ChangeEvent>> unwanted = stream.next(STEP);
      assertThat(unwanted).as("handed out although nothing was to come").isEmpty();
      assertThat(System.nanoTime() - deadline).as("waited in vain").isNegative();
    }
  }

  /** Pulls a stream to its death. */
  static StreamFailedException death(EventStream<ChangeEvent> stream) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      try {
        stream.next(STEP);
      } catch (StreamFailedException death) {
        return death;
      }
    }
    throw new AssertionError("the stream lives on: " + stream);
  }

  public static Change change(Delivery<ChangeEvent> delivery) {
    assertThat(delivery.event()).isInstanceOf(Change.class);
    return (Change) delivery.event();
  }

  public static int id(ChangeEvent event) {
    return ((Change) event).documentId().orElseThrow().asInt32().getValue();
  }

  public static List<Integer> ids(Collection<Delivery<ChangeEvent>> deliveries) {
    return deliveries.stream().map(delivery -> id(delivery.event())).toList();
  }

  public static List<OperationType> types(Collection<Delivery<ChangeEvent>> deliveries) {
    return deliveries.stream().map(delivery -> change(delivery).operationType()).toList();
  }
}
