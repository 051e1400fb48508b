package dev.perennial.testkit.simulation;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;

/** The random choices of a schedule. They depend only on the seed, so each replay is the same. */
final class RandomChoices {

  private final SplittableRandom random;

  RandomChoices(long seed) {
    random = new SplittableRandom(seed);
  }

  boolean percent(int chance) {
    return random.nextInt(100) < chance;
  }

  int between(int least, int most) {
    return random.nextInt(least, most + 1);
  }

  Duration millis(int least, int most) {
    return Duration.ofMillis(between(least, most));
  }

  Duration nanos(int least, int most) {
    return Duration.ofNanos(between(least, most));
  }

  <T> T of(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  final <T> T of(T... choices) {
    return choices[random.nextInt(choices.length)];
  }
}
