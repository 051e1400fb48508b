package dev.perennial.internal.handling;

import dev.perennial.internal.stream.BackgroundThread;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.stream.OneShotTimer;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.window.TrackedDelivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The handlers that run in one call of {@code consume}. It reports those that run for long, which a
 * timer finds by looking twice, so that a quick handler costs no reading of the clock.
 */
final class RunningHandlers {

  /** How many times the timer looks within the time after which a handler is slow. */
  private static final int LOOKS = 6;

  /** Often enough for a test, and seldom enough to cost nothing. */
  private static final Duration SHORTEST_LOOK = Duration.ofMillis(10);

  /** What one thread handles. Written by that thread. */
  static final class Slot {

    private final AtomicReference<@Nullable TrackedDelivery<?>> current = new AtomicReference<>();
    private volatile List<? extends TrackedDelivery<?>> batch = List.of();

    // Used only by the timer.
    private @Nullable TrackedDelivery<?> seen;
    private long seenAt;

    /** Notes what the handler gets. Other threads may see it a moment later. */
    void begin(TrackedDelivery<?> delivery) {
      current.lazySet(delivery);
    }

    /**
     * Notes what the handler gets. Another thread sees it, or this one sees what that thread did
     * before.
     */
    void beginVisibly(TrackedDelivery<?> delivery) {
      current.set(delivery);
    }

    /** Notes what the handler gets together, as {@link #beginVisibly} does. */
    void beginVisibly(List<? extends TrackedDelivery<?>> deliveries) {
      batch = deliveries;
      current.set(deliveries.get(0));
    }

    private long keys() {
      TrackedDelivery<?> first = current.get();
      List<? extends TrackedDelivery<?>> others = batch;
      return first == null
          ? 0
          : Stream.concat(Stream.of(first), others.contains(first) ? others.stream() : Stream.of())
              .map(TrackedDelivery::key)
              .filter(Objects::nonNull)
              .distinct()
              .count();
    }

    void end() {
      current.lazySet(null);
    }
  }

  private record Slow(TrackedDelivery<?> delivery, Duration running) {}

  private final StreamContext context;
  private final Duration slowAfter;
  private final OneShotTimer timer;
  private final Set<Slot> slots = ConcurrentHashMap.newKeySet();

  RunningHandlers(StreamContext context, Duration slowAfter) {
    this.context = context;
    this.slowAfter = slowAfter;
    this.timer = new OneShotTimer(context.runtime());
  }

  /** Adds what a thread handles. */
  void add(Slot slot) {
    slots.add(slot);
  }

  void remove(Slot slot) {
    slots.remove(slot);
  }

  /** Begins to look for slow handlers. */
  void watch() {
    try {
      timer.set(Durations.max(slowAfter.dividedBy(LOOKS), SHORTEST_LOOK), this::look);
    } catch (Throwable e) {
      // Without a timer no slow handler is reported.
    }
  }

  void stopWatching() {
    timer.stop();
  }

  private void look() {
    try {
      List<Slow> slow = findSlow();
      if (!slow.isEmpty()) {
        BackgroundThread.run(() -> slow.forEach(this::report), context.runtime());
      }
    } finally {
      watch();
    }
  }

  private List<Slow> findSlow() {
    long now = context.runtime().nanoTime();
    List<Slow> slow = new ArrayList<>();
    for (Slot slot : slots) {
      TrackedDelivery<?> delivery = slot.current.get();
      if (!Objects.equals(delivery, slot.seen)) {
        slot.seen = delivery;
        slot.seenAt = now;
      } else if (delivery != null) {
        Duration running = Duration.ofNanos(now - slot.seenAt);
        if (running.compareTo(slowAfter) >= 0 && delivery.markSlow()) {
          slow.add(new Slow(delivery, running));
        }
      }
    }
    return slow;
  }

  private void report(Slow slow) {
    TrackedDelivery<?> delivery = slow.delivery;
    context
        .observer()
        .handlerSlow(delivery.position(), delivery.key(), delivery.attempt(), slow.running);
  }

  /** Returns how many handlers run now. */
  int count() {
    return (int) slots.stream().filter(slot -> slot.current.get() != null).count();
  }

  /** Returns of how many keys handlers run now. */
  long keys() {
    return slots.stream().mapToLong(Slot::keys).sum();
  }
}
