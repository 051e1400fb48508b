package dev.perennial.cli.demo;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Decides after how many events each fault is injected: the run is divided into equal parts, and
 * each part has one fault at a random place in its second half.
 *
 * @param <F> the type of the faults
 */
final class DemoSchedule<F> {

  private record Entry<F>(F fault, int after) {}

  private final ArrayDeque<Entry<F>> entries = new ArrayDeque<>();

  DemoSchedule(List<F> faults, int events, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int part = events / (faults.size() + 1);
    int end = part;
    for (F fault : faults) {
      entries.add(new Entry<>(fault, end - random.nextInt(part / 2)));
      end += part;
    }
  }

  /** Returns the next fault if it is due after this many events. Returns each fault once. */
  Optional<F> due(int events) {
    Entry<F> next = entries.peek();
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
