package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.spy;

import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrackedDeliveryTest {

  private final AckWindow<String, TestPosition> window =
      new AckWindow<>(4, TestCheckpoints::encode, new ManualRuntime());

  @Test
  @DisplayName("toString() names the position, the attempt and the settlement")
  void text() {
    TestPosition position = new TestPosition(7);
    TrackedDelivery<String> delivery = window.admit(new Received.Event<>("event", position), 0);
    assertThat(delivery).hasToString("Delivery[" + position + ", attempt 1, OPEN]");
    delivery.nack();
    assertThat(window.nextNacked()).hasToString("Delivery[" + position + ", attempt 2, OPEN]");
    assertThat(delivery).hasToString("Delivery[" + position + ", attempt 1, NACKED]");
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("isSettled() is true only after an ack or a nack")
  void settled(Settlement how) {
    TrackedDelivery<String> delivery =
        window.admit(new Received.Event<>("event", new TestPosition(1)), 0);
    delivery.settle(how);
    assertThat(delivery.isSettled()).isEqualTo(how == Settlement.ACKED || how == Settlement.NACKED);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a delivery can be settled only once")
  void once(Settlement how) {
    TrackedDelivery<String> delivery =
        window.admit(new Received.Event<>("event", new TestPosition(1)), 0);
    assertThat(delivery.settle(Settlement.ACKED)).isTrue();
    assertThat(delivery.settle(how)).isFalse();
    assertThat(delivery.settlement()).isEqualTo(Settlement.ACKED);
  }

  @Test
  @DisplayName("a nack keeps its wait if the event gets another history at the same time")
  void waitAndHistory() {
    ManualRuntime runtime = spy(new ManualRuntime());
    AckWindow<String, TestPosition> nacking = new AckWindow<>(4, TestCheckpoints::encode, runtime);
    TrackedDelivery<String> delivery =
        nacking.admit(new Received.Event<>("event", new TestPosition(1)), 0);
    doAnswer(
            call -> {
              delivery.continueAs(new EventHistory(delivery.knownHistory()) {});
              return call.callRealMethod();
            })
        .when(runtime)
        .nanoTime();
    delivery.nack(Duration.ofSeconds(10));
    assertThat(nacking.nextNacked()).isNull();
    runtime.advance(Duration.ofSeconds(10));
    assertThat(nacking.nextNacked()).isNotNull();
  }
}
