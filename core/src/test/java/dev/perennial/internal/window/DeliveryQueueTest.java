package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DeliveryQueueTest {

  private final AckWindow<String, TestPosition> window =
      new AckWindow<>(4, TestCheckpoints::encode, new ManualRuntime());
  private final DeliveryQueue<String> queue = new DeliveryQueue<>();

  private TrackedDelivery<String> add(long id) {
    TrackedDelivery<String> delivery =
        window.admit(new Received.Event<>("event", new TestPosition(id)), 0);
    queue.add(delivery);
    return delivery;
  }

  @Test
  @DisplayName("deliveries are removed in the order in which they were added")
  void order() {
    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.peek()).isNull();
    TrackedDelivery<String> first = add(1);
    TrackedDelivery<String> second = add(2);
    assertThat(queue.isEmpty()).isFalse();
    assertThat(queue.peek()).isSameAs(first);
    TrackedDelivery<String> third = add(3);
    queue.remove();
    assertThat(queue.peek()).isSameAs(second);
    queue.remove();
    assertThat(queue.isEmpty()).isFalse();
    assertThat(queue.peek()).isSameAs(third);
    queue.remove();
    assertThat(queue.isEmpty()).isTrue();
    queue.remove();
    assertThat(queue.peek()).isNull();
  }

  @Test
  @DisplayName("a removed delivery does not keep later ones in memory")
  void unlinks() {
    TrackedDelivery<String> first = add(1);
    add(2);
    queue.peek();
    queue.remove();
    assertThat(first.linked()).isNull();
  }
}
