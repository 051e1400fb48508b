package dev.perennial.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.perennial.port.Checkpoint;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TestDeliveryTest {

  private final TestDelivery<String> delivery = TestDelivery.of("a");

  @Test
  @DisplayName("has the event, a position, the first attempt and no checkpoint")
  void defaults() {
    assertThat(delivery.event()).isEqualTo("a");
    assertThat(delivery.position()).isEqualTo(new ScriptedPosition(1));
    assertThat(delivery.attempt()).isEqualTo(1);
    assertThat(delivery.checkpoint()).isEmpty();
    assertThat(delivery.isSettled()).isFalse();
    assertThat(delivery.isAcked()).isFalse();
    assertThat(delivery.nackedFor()).isEmpty();
  }

  @Test
  @DisplayName("each part can be set")
  void parts() {
    Checkpoint checkpoint = new Checkpoint("test", "", "7");
    TestDelivery<String> other =
        delivery.at(new ScriptedPosition(7)).attempt(3).checkpoint(checkpoint);
    assertThat(other.event()).isEqualTo("a");
    assertThat(other.position()).isEqualTo(new ScriptedPosition(7));
    assertThat(other.attempt()).isEqualTo(3);
    assertThat(other.checkpoint()).contains(checkpoint);
    assertThatIllegalArgumentException().isThrownBy(() -> delivery.attempt(0));
  }

  @Test
  @DisplayName("the first settlement counts")
  void settles() {
    assertThat(delivery.ack()).isTrue();
    assertThat(delivery.nack()).isFalse();
    assertThat(delivery.isSettled()).isTrue();
    assertThat(delivery.isAcked()).isTrue();
    assertThat(delivery.nackedFor()).isEmpty();

    TestDelivery<String> nacked = delivery.attempt(2);
    assertThatIllegalArgumentException().isThrownBy(() -> nacked.nack(Duration.ofMillis(-1)));
    assertThat(nacked.nack(Duration.ofSeconds(2))).isTrue();
    assertThat(nacked.ack()).isFalse();
    assertThat(nacked.isAcked()).isFalse();
    assertThat(nacked.nackedFor()).contains(Duration.ofSeconds(2));
    assertThat(TestDelivery.of("b").nack()).isTrue();
  }
}
