package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.spy;

import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DeliverySettlementTest {

  private final CountingSettlementListener settlements = new CountingSettlementListener();
  private final DeliverySettlement<String> settlement =
      new DeliverySettlement<>(new ManualRuntime());
  private final AckWindow<String, TestPosition> window =
      settlements.on(new AckWindow<>(4, TestCheckpoints::encode, new ManualRuntime()));

  @BeforeEach
  void listen() {
    settlement.onSettlement(settlements);
  }

  private TrackedDelivery<String> delivery() {
    return window.admit(new Received.Event<>("event", new TestPosition(1)), 0);
  }

  @Test
  @DisplayName("an ack is too late if the window expires before it is counted")
  void expiredBetween() {
    assertThat(settlement.ack(delivery())).isZero();
    TrackedDelivery<String> crossing = spy(delivery());
    doAnswer(
            call -> {
              boolean marked = (boolean) call.callRealMethod();
              settlement.expire();
              return marked;
            })
        .when(crossing)
        .settle(Settlement.ACKED);

    assertThat(settlement.ack(crossing)).isEqualTo(DeliverySettlement.NOT_COUNTED);

    assertThat(crossing.settlement()).isEqualTo(Settlement.EXPIRED);
    assertThat(settlements.late).hasValue(1);
    assertThat(settlement.acked()).isEqualTo(1);
    assertThat(settlement.unacked(() -> 3, 4)).isEqualTo(2);
  }

  @Test
  @DisplayName("the unacked count is never larger than the window")
  void bounded() {
    assertThat(settlement.unacked(() -> 9, 4)).isEqualTo(4);
  }
}
