package dev.perennial.examples.cli;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.SplittableRandom;

/** After how many events which fault strikes: one in each equal part of the run, anywhere in it. */
final class DemoSchedule {

  private record Entry(DemoFault fault, int after) {}

  private final ArrayDeque<Entry> entries = new ArrayDeque<>();

  DemoSchedule(int events, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int part = events / (DemoFault.values().length + 1);
    int end = part;
    for (DemoFault fault : DemoFault.values()) {
      entries.add(new Entry(fault, end - random.nextInt(part / 2)));
      end += part;
    }
  }

  /** The next fault, if so many events are enough for it. Each comes once. */
  Optional<DemoFault> due(int events) {
    Entry next = entries.peek();
    if (next == null || events < next.after) {
      return Optional.empty();
    }
    entries.remove();
    return Optional.of(next.fault);
  }

  boolean isOver() {
    return entries.isEmpty();
  }
}
