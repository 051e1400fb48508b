package dev.perennial.internal.handling;

import dev.perennial.internal.stream.BackgroundThread;
import dev.perennial.internal.stream.OneShotTimer;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.window.TrackedDelivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The handlers that run in one call of {@code consume}. It reports those that run for long, which a
 * timer finds by looking twice, so that a quick handler costs no reading of the clock.
 */
final class RunningHandlers {

  /** How many times the timer looks within the time after which a handler is slow. */
  private static final int LOOKS = 6;

  /** What one thread handles. Written by that thread. */
  static final class Slot {

    private final AtomicReference<@Nullable TrackedDelivery<?>> current = new AtomicReference<>();

    // Used only by the timer.
    private @Nullable TrackedDelivery<?> seen;
    private long seenAt;

    void begin(TrackedDelivery<?> delivery) {
      current.lazySet(delivery);
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

  /** Adds a thread that handles events. */
  Slot add() {
    Slot slot = new Slot();
    slots.add(slot);
    return slot;
  }

  void remove(Slot slot) {
    slots.remove(slot);
  }

  /** Begins to look for slow handlers. */
  void watch() {
    try {
      timer.set(slowAfter.dividedBy(LOOKS), this::look);
    } catch (Throwable e) {
      // Without a timer no slow handler is reported.
    }
  }

  void stopWatching() {
    timer.stop();
  }

  private void look() {
    long now = context.runtime().nanoTime();
    List<Slow> slow = new ArrayList<>();
    for (Slot slot : slots) {
      TrackedDelivery<?> delivery = slot.current.get();
      if (delivery != slot.seen) {
        slot.seen = delivery;
        slot.seenAt = now;
      } else if (delivery != null) {
        Duration running = Duration.ofNanos(now - slot.seenAt);
        if (running.compareTo(slowAfter) >= 0 && delivery.markSlow()) {
          slow.add(new Slow(delivery, running));
        }
      }
    }
    if (!slow.isEmpty()) {
      BackgroundThread.run(() -> slow.forEach(this::report), context.runtime());
    }
    watch();
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

  /** Returns how many handlers run now for events with a key. */
  int countWithKey() {
    return (int)
        slots.stream()
            .map(slot -> slot.current.get())
            .filter(delivery -> delivery != null && delivery.key() != null)
            .count();
  }
}
