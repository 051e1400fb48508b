package dev.perennial.benchmarks.handling;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ParallelConsumerComparisonTest {

  private static final Load BUSY = new Load("busy", 3_000, 16, Duration.ZERO);
  private static final Load WAITING = new Load("waiting", 2_000, 64, Duration.ofMillis(1));

  static List<HandlingEngine> engines() {
    return ParallelConsumerComparison.ENGINES;
  }

  @ParameterizedTest
  @MethodSource("engines")
  @DisplayName("each engine handles every event once")
  void handlesAll(HandlingEngine engine) throws InterruptedException {
    for (Load load : List.of(BUSY, WAITING)) {
      Turn turn = new Turn(load);
      engine.run(turn);
      assertThat(turn.handled()).isEqualTo(load.events());
    }
  }

  @Test
  @DisplayName("the comparison prints a row for each engine and the control")
  void prints() throws InterruptedException {
    List<HandlingEngine> engines = ParallelConsumerComparison.ENGINES_AND_CONTROL;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    new ParallelConsumerComparison(new PrintStream(printed, true, StandardCharsets.UTF_8))
        .compare(BUSY, engines, 0, 1);
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("busy, 3,000 events")
        .contains(engines.stream().map(HandlingEngine::title).toList());
  }
}
