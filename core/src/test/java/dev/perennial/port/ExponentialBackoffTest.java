package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExponentialBackoffTest {

  @Provide
  Arbitrary<Duration> waits() {
    return Arbitraries.longs().between(1, Duration.ofDays(30).toNanos()).map(Duration::ofNanos);
  }

  @Provide
  Arbitrary<Duration> anyPositive() {
    return Arbitraries.oneOf(
        waits(), Arbitraries.longs().greaterOrEqual(1).map(Duration::ofSeconds));
  }

  @Property(shrinking = ShrinkingMode.OFF)
  void isTheFormula(
      @ForAll("waits") Duration base,
      @ForAll("waits") Duration more,
      @ForAll @IntRange(min = 1, max = 200) int failures,
      @ForAll @DoubleRange(min = 1, max = 10) double multiplier,
      @ForAll @DoubleRange(max = 1) double jitter,
      @ForAll @DoubleRange(max = 1, maxIncluded = false) double random) {
    Duration cap = base.plus(more);
    Duration delay = new ExponentialBackoff(base, cap, multiplier, jitter).delay(failures, random);

    MathContext exact = new MathContext(60);
    BigDecimal grown =
        new BigDecimal(base.toNanos())
            .multiply(new BigDecimal(multiplier).pow(failures - 1, exact))
            .min(new BigDecimal(cap.toNanos()));
    BigDecimal wait =
        grown.multiply(
            BigDecimal.ONE.subtract(new BigDecimal(jitter).multiply(new BigDecimal(random))));
    // Doubles are good for 15 digits, and two steps end in whole nanoseconds.
    double tolerance = 2 + cap.toNanos() * 1e-13;
    assertThat((double) delay.toNanos())
        .isBetween(wait.doubleValue() - tolerance, wait.doubleValue() + tolerance);
  }

  @Property(shrinking = ShrinkingMode.OFF)
  void staysWithinBoundsWhateverTheNumbers(
      @ForAll("anyPositive") Duration one,
      @ForAll("anyPositive") Duration other,
      @ForAll @IntRange(min = 1) int failures,
      @ForAll @DoubleRange(min = 1, max = 1e300) double multiplier,
      @ForAll @DoubleRange(max = 1) double jitter,
      @ForAll @DoubleRange(max = 1, maxIncluded = false) double random) {
    Duration base = one.compareTo(other) <= 0 ? one : other;
    Duration cap = one.compareTo(other) <= 0 ? other : one;
    Duration delay = new ExponentialBackoff(base, cap, multiplier, jitter).delay(failures, random);
    assertThat(delay).isBetween(Duration.ZERO, cap);
  }

  @ParameterizedTest
  @CsvSource({"1,1", "2,2", "3,4", "4,8", "6,32", "7,60", "8,60", "2147483647,60"})
  @DisplayName("doubles up to the cap, at any number of failures")
  void doubles(int failures, long seconds) {
    ExponentialBackoff backoff =
        BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(60)).withJitter(0);
    assertThat(backoff.delay(failures, 0.7)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 7, 100, 349, 4_350, 29_999, 30_000})
  @DisplayName(
      "without jitter the first wait is exactly the base, and the longest is exactly the cap")
  void exactEnds(long millis) {
    Duration wait = Duration.ofMillis(millis);
    assertThat(new ExponentialBackoff(wait, wait.plusDays(1), 2, 0).delay(1, 0)).isEqualTo(wait);
    assertThat(new ExponentialBackoff(Duration.ofNanos(1), wait, 2, 0).delay(1_000, 0))
        .isEqualTo(wait);
  }

  @Test
  @DisplayName("the default jitter shortens a wait by up to half")
  void jitter() {
    ExponentialBackoff backoff =
        BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(60));
    assertThat(backoff.delay(1, 0)).isEqualTo(Duration.ofSeconds(1));
    assertThat(backoff.delay(1, 0.5)).isEqualTo(Duration.ofMillis(750));
    assertThat(backoff.delay(20, 0.999_999))
        .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(31));
  }

  @ParameterizedTest
  @CsvSource({
    "0,1,2,0.5,base",
    "-1,1,2,0.5,base",
    "2,1,2,0.5,base",
    "1,2,0.99,0.5,multiplier",
    "1,2,NaN,0.5,multiplier",
    "1,2,Infinity,0.5,multiplier",
    "1,2,2,-0.01,jitter",
    "1,2,2,1.01,jitter",
    "1,2,2,NaN,jitter"
  })
  @DisplayName("a parameter out of range is refused, and the error names it")
  void refused(long base, long cap, double multiplier, double jitter, String named) {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new ExponentialBackoff(
                Duration.ofSeconds(base), Duration.ofSeconds(cap), multiplier, jitter))
        .withMessageContaining(named);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  @DisplayName("a number of failures below 1 is refused")
  void failuresFromOne(int failures) {
    ExponentialBackoff backoff =
        BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(60));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> backoff.delay(failures, 0))
        .withMessageContaining(String.valueOf(failures));
  }
}
