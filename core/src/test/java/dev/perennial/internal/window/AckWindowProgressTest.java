package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.TestCheckpoints;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import org.junit.jupiter.api.Test;

/**
 * Regression test for a bug that the simulation found: a progress must not move the watermark back.
 */
class AckWindowProgressTest {

  private record At(long value) implements Position {}

  private final AckWindow<String, At> window =
      new AckWindow<>(8, TestCheckpoints::encode, new ManualRuntime());

  @Test
  void aProgressDoesNotMoveTheWatermarkBackFromALaterEvent() {
    TrackedDelivery<String> first = window.admit(new Received.Event<>("a", new At(1)), 0);
    window.progress(new At(2));
    TrackedDelivery<String> second = window.admit(new Received.Event<>("b", new At(3)), 0);
    second.ack();
    first.ack();
    assertThat(window.watermark()).isEqualTo(new At(3));
  }

  @Test
  void aProgressCountsAfterEverythingBeforeItIsAcked() {
    TrackedDelivery<String> first = window.admit(new Received.Event<>("a", new At(1)), 0);
    window.progress(new At(2));
    window.admit(new Received.Event<>("b", new At(3)), 0);
    assertThat(window.watermark()).isNull();
    first.ack();
    assertThat(window.watermark()).isEqualTo(new At(2));
  }
}
