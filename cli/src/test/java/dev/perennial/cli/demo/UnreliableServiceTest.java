package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UnreliableServiceTest {

  @Test
  void failsTheFirstAttemptOfSomeEvents() {
    assertThat(failures(1, 1)).hasSizeBetween(25, 100);
    assertThat(failures(1, 2)).as("second attempts").isEmpty();
  }

  @Test
  void failsAsTheSeedSays() {
    assertThat(failures(7, 1)).isEqualTo(failures(7, 1)).isNotEqualTo(failures(8, 1));
  }

  /** The numbers of the events that fail, of 10,000. */
  private static List<Integer> failures(long seed, int attempt) {
    UnreliableService service = new UnreliableService(seed);
    return IntStream.range(0, 10_000)
        .filter(i -> {
          try {
            service.call("event " + i, attempt);
            return false;
          } catch (IOException e) {
            return true;
          }
        })
        .boxed()
        .toList();
  }
}
