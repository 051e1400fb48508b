package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.spy;

import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.ManualRuntime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DeliverySettlementTest {

  private final CountingSettlementListener settlements = new CountingSettlementListener();
  private final DeliverySettlement<String> settling = new DeliverySettlement<>(new ManualRuntime());
  private final AckWindow<String, TestPosition> window =
      settlements.on(new AckWindow<>(4, TestCheckpoints::encode, new ManualRuntime()));

  @BeforeEach
  void listen() {
    settling.onSettlement(settlements);
  }

  private TrackedDelivery<String> delivery() {
    return window.admit("event", new TestPosition(1));
  }

  @Test
  @DisplayName("an ack that marks its delivery before the end and is counted after it is too late")
  void expiredBetween() {
    assertThat(settling.ack(delivery())).isTrue();
    TrackedDelivery<String> crossing = spy(delivery());
    doAnswer(
            call -> {
              boolean marked = (boolean) call.callRealMethod();
              settling.expire();
              return marked;
            })
        .when(crossing)
        .settle(Settlement.ACKED);

    assertThat(settling.ack(crossing)).isFalse();

    assertThat(crossing.settlement()).isEqualTo(Settlement.EXPIRED);
    assertThat(settlements.late).hasValue(1);
    assertThat(settling.acked()).isEqualTo(1);
    assertThat(settling.unacked(() -> 3, 4)).isEqualTo(2);
  }

  @Test
  @DisplayName("what is unacked is never more than the window holds")
  void bounded() {
    assertThat(settling.unacked(() -> 9, 4)).isEqualTo(4);
  }
}
