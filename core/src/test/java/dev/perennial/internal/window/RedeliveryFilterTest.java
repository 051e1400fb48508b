package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.verify;

import dev.perennial.Delivery;
import dev.perennial.TestPosition;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RedeliveryFilterTest {

  private static final Duration HORIZON = Duration.ofMinutes(3);

  private final CountingSettlementListener settlements = new CountingSettlementListener();
  private final RecordingConnection connection = new RecordingConnection(1);
  private final StreamObserver observer = spy(new StreamObserver("test", List.of()));

  private RedeliveryFilter<String, TestPosition> filter(int capacity, int memory) {
    RedeliveryFilter<String, TestPosition> filter =
        settlements.on(
            new RedeliveryFilter<>(capacity, memory, HORIZON, observer, new ManualRuntime()));
    filter.connected(connection);
    return filter;
  }

  @Test
  @DisplayName("only unacked events take room, so one slow event does not block the others")
  void slowEvent() {
    RedeliveryFilter<String, TestPosition> filter = filter(2, 2);
    TrackedDelivery<String> slow =
        filter.admit(new Received.Event<>("slow", new TestPosition(0)), 0);
    for (int i = 1; i <= 1_000; i++) {
      assertThat(filter.hasRoom()).isTrue();
      assertThat(filter.admit(new Received.Event<>("quick", new TestPosition(i)), 0).ack())
          .isTrue();
    }
    assertThat(filter.admit(new Received.Event<>("last", new TestPosition(2_000)), 0)).isNotNull();
    assertThat(filter.hasRoom()).isFalse();
    assertThat(filter.oldestUnacked().map(Window.Unacked::delivery)).contains(slow);
  }

  @Test
  @DisplayName("the horizon runs from the first idle moment after the ack, not from the ack")
  void horizon() {
    RedeliveryFilter<String, TestPosition> filter = filter(4, 4);
    long horizon = HORIZON.toNanos();
    filter.admit(new Received.Event<>("event", new TestPosition(1)), 0).ack();
    assertThat(filter.admit(new Received.Event<>("event", new TestPosition(1)), 0)).isNull();
    filter.idle(20 * horizon);
    assertThat(filter.admit(new Received.Event<>("event", new TestPosition(1)), 0)).isNull();
    filter.idle(21 * horizon - 1);
    assertThat(filter.admit(new Received.Event<>("event", new TestPosition(1)), 0)).isNull();
    filter.idle(21 * horizon);
    assertThat(filter.admit(new Received.Event<>("event", new TestPosition(1)), 0)).isNotNull();
  }

  @Test
  @DisplayName("the filter keeps the position of an acked event, but not the event")
  void eventIsNotKept() {
    RedeliveryFilter<Object, TestPosition> filter =
        settlements.on(
            new RedeliveryFilter<>(
                4, 4, HORIZON, new StreamObserver("test", List.of()), new ManualRuntime()));
    AckedEvent event = AckedEvent.in(filter);
    assertThat(filter.admit(new Received.Event<>("copy", new TestPosition(1)), 0)).isNull();
    event.awaitCollected();
    assertThat(filter.admit(new Received.Event<>("copy", new TestPosition(1)), 0)).isNull();
  }

  @Test
  @DisplayName("an ack goes to the newest connection, even for an event of an older one")
  void newestConnection() {
    RedeliveryFilter<String, TestPosition> filter = filter(4, 4);
    TestPosition position = new TestPosition(1, 1);
    TrackedDelivery<String> delivery = filter.admit(new Received.Event<>("a", position), 0);
    RecordingConnection next = new RecordingConnection(2);
    filter.connected(next);
    delivery.ack();
    assertThat(connection.acknowledged).isEmpty();
    assertThat(next.acknowledged).containsExactly(position);
  }

  @Test
  @DisplayName("with the longest possible horizon, only the memory's size limits it")
  void endlessHorizon() {
    RedeliveryFilter<String, TestPosition> filter =
        settlements.on(
            new RedeliveryFilter<>(
                4,
                4,
                Duration.ofSeconds(Long.MAX_VALUE),
                new StreamObserver("test", List.of()),
                new ManualRuntime()));
    filter.admit(new Received.Event<>("event", new TestPosition(1)), 0).ack();
    filter.idle(5);
    assertThat(filter.admit(new Received.Event<>("event", new TestPosition(1)), 0)).isNull();
  }

  @Test
  @DisplayName("a redelivery of an acked event is acked again, at its new position")
  void lostAckIsRepaired() {
    RedeliveryFilter<String, TestPosition> filter = filter(4, 4);
    TrackedDelivery<String> delivery =
        filter.admit(new Received.Event<>("event", new TestPosition(1, 1)), 0);
    delivery.ack();
    RecordingConnection next = new RecordingConnection(2);
    filter.connected(next);
    TestPosition copy = new TestPosition(1, 2);
    assertThat(filter.admit(new Received.Event<>("event", copy), 0)).isNull();
    assertThat(next.acknowledged).hasSize(1).first().isSameAs(copy);
  }

  @Test
  @DisplayName(
      "after the filter has expired no delivery can be settled, not even one handed out later")
  void expired() {
    RedeliveryFilter<String, TestPosition> filter = filter(4, 4);
    TrackedDelivery<String> open =
        filter.admit(new Received.Event<>("open", new TestPosition(1)), 0);
    TrackedDelivery<String> acked =
        filter.admit(new Received.Event<>("acked", new TestPosition(2)), 0);
    TrackedDelivery<String> nacked =
        filter.admit(new Received.Event<>("nacked", new TestPosition(3)), 0);
    assertThat(acked.ack()).isTrue();
    assertThat(nacked.nack()).isTrue();
    assertThat(filter.expire()).isEqualTo(2);
    TrackedDelivery<String> again = filter.nextNacked();
    TrackedDelivery<String> later =
        filter.admit(new Received.Event<>("later", new TestPosition(4)), 0);
    assertThat(List.of(open, again, later)).noneMatch(Delivery::ack).noneMatch(Delivery::nack);
    assertThat(filter.acked()).isEqualTo(1);
    assertThat(settlements.late).hasValue(3);
    assertThat(connection.acknowledged).hasSize(1);
  }

  @Test
  @DisplayName("an ack counts even if the connection throws, and the redelivery is acked again")
  void acknowledgeFails() {
    RedeliveryFilter<String, TestPosition> filter = filter(1, 4);
    Error error = new OutOfMemoryError("for a moment");
    connection.failNext(error);
    assertThat(filter.admit(new Received.Event<>("a", new TestPosition(1)), 0).ack()).isTrue();
    assertThat(filter.hasRoom()).isTrue();
    assertThat(filter.admit(new Received.Event<>("a", new TestPosition(1)), 0)).isNull();
    assertThat(connection.acknowledged).hasSize(1);
    verify(observer).acknowledgeFailed(error);
  }
}
