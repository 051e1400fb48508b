package dev.perennial.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SpreadTest {

  @Test
  @DisplayName("the middle of an odd number of figures is one of them")
  void odd() {
    assertThat(Spread.of(DoubleStream.of(3, 1, 10))).isEqualTo(new Spread(1, 3, 10));
  }

  @Test
  @DisplayName("the middle of an even number of figures lies between two of them")
  void even() {
    assertThat(Spread.of(DoubleStream.of(4, 1, 2, 10)).text(1)).isEqualTo("3.0 [1.0–10.0]");
  }

  @Test
  @DisplayName("how far the figures spread is a part of the middle")
  void percent() {
    assertThat(Spread.of(DoubleStream.of(9, 10, 12)).percent()).isEqualTo(30);
  }
}
