package dev.perennial.cli.demo;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * After how many events which fault strikes: one in each equal part of the run, anywhere in the
 * part's second half.
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

  /** The next fault, if so many events are enough for it. Each comes once. */
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
