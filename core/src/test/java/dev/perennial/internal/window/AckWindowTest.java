package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Delivery;
import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AckWindowTest {

  private final CountingSettlementListener settlements = new CountingSettlementListener();
  private final AckWindow<String, TestPosition> window =
      settlements.on(new AckWindow<>(4, TestCheckpoints::encode, new ManualRuntime()));

  private TrackedDelivery<String> admit(long id) {
    return window.admit(new Received.Event<>("event " + id, new TestPosition(id)), 0);
  }

  @Test
  @DisplayName("a progress does not hold the watermark back once later events are acked")
  void overtakenProgress() {
    TrackedDelivery<String> first = admit(1);
    window.progress(new TestPosition(2));
    TrackedDelivery<String> second = admit(3);
    first.ack();
    second.ack();
    assertThat(window.watermark()).isEqualTo(new TestPosition(3));
  }

  @Test
  @DisplayName("a progress counts only after everything delivered before it is acked")
  void progressWaits() {
    TrackedDelivery<String> first = admit(1);
    TrackedDelivery<String> second = admit(2);
    window.progress(new TestPosition(3));
    second.ack();
    assertThat(window.watermark()).isNull();
    first.ack();
    assertThat(window.watermark()).isEqualTo(new TestPosition(3));
  }

  @Test
  @DisplayName("progress takes no room in the window, however much arrives")
  void progressTakesNoRoom() {
    admit(1);
    for (int i = 2; i < 1_000; i++) {
      window.progress(new TestPosition(i));
    }
    assertThat(window.hasRoom()).isTrue();
    assertThat(window.unacked()).isEqualTo(1);
  }

  @Test
  @DisplayName("the window is full when its span is, however few deliveries are unacked")
  void spanCounts() {
    TrackedDelivery<String> slow = admit(1);
    for (int i = 2; i <= 4; i++) {
      admit(i).ack();
    }
    assertThat(window.hasRoom()).isFalse();
    assertThat(window.unacked()).isEqualTo(1);
    slow.ack();
    assertThat(window.hasRoom()).isTrue();
    assertThat(window.watermark()).isEqualTo(new TestPosition(4));
  }

  @Test
  @DisplayName("an ack after a nack is reported as too late, a second ack is not")
  void late() {
    TrackedDelivery<String> delivery = admit(1);
    delivery.nack();
    assertThat(delivery.ack()).isFalse();
    assertThat(settlements.late).hasValue(1);
    TrackedDelivery<String> again = window.nextNacked();
    assertThat(again.ack()).isTrue();
    assertThat(again.ack()).isFalse();
    assertThat(settlements.late).hasValue(1);
  }

  @Test
  @DisplayName("deliveries keep their numbers when the ring wraps around many times")
  void rounds() {
    for (int i = 1; i <= 1_000; i++) {
      assertThat(window.hasRoom()).isTrue();
      TrackedDelivery<String> delivery = admit(i);
      assertThat(delivery.sequence()).isEqualTo(i - 1);
      assertThat(delivery.ack()).isTrue();
      assertThat(window.watermark()).isEqualTo(new TestPosition(i));
    }
    assertThat(window.acked()).isEqualTo(1_000);
  }

  @Test
  @DisplayName(
      "after the window has expired no delivery can be settled, not even one handed out later")
  void expired() {
    TrackedDelivery<String> open = admit(1);
    TrackedDelivery<String> acked = admit(2);
    TrackedDelivery<String> nacked = admit(3);
    assertThat(acked.ack()).isTrue();
    assertThat(nacked.nack()).isTrue();
    assertThat(window.expire()).isEqualTo(2);
    TrackedDelivery<String> again = window.nextNacked();
    TrackedDelivery<String> later = admit(4);
    assertThat(List.of(open, again, later)).noneMatch(Delivery::ack).noneMatch(Delivery::nack);
    assertThat(window.acked()).isEqualTo(1);
    assertThat(settlements.late).hasValue(3);
    assertThat(window.watermark()).isNull();
    assertThat(window.expire()).isEqualTo(3);
  }

  @Test
  @DisplayName("the window does not keep an acked event after the watermark has passed it")
  void eventIsNotKept() {
    AckWindow<Object, TestPosition> objects =
        settlements.on(new AckWindow<>(4, TestCheckpoints::encode, new ManualRuntime()));
    AckedEvent event = AckedEvent.in(objects);
    assertThat(objects.watermark()).isEqualTo(new TestPosition(1));
    event.awaitCollected();
    assertThat(objects.acked()).isEqualTo(1);
  }
}
