package dev.perennial;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RedeliveryFilterTest {

  private static final Duration HORIZON = Duration.ofMinutes(3);

  private final CountingSettlements settlements = new CountingSettlements();
  private final RecordingConnection connection = new RecordingConnection(1);

  private RedeliveryFilter<String, TestPosition> filter(int capacity, int memory) {
    RedeliveryFilter<String, TestPosition> filter =
        new RedeliveryFilter<>(
            capacity, memory, HORIZON, settlements, new Observer("test", List.of()));
    filter.connection(connection);
    return filter;
  }

  @Test
  @DisplayName("full when its unacked count is: one slow event does not block the others")
  void slowEvent() {
    RedeliveryFilter<String, TestPosition> filter = filter(2, 2);
    Delivery<String> slow = filter.admit("slow", new TestPosition(0), 0);
    for (int i = 1; i <= 1_000; i++) {
      assertThat(filter.hasRoom()).isTrue();
      assertThat(filter.admit("quick", new TestPosition(i), 0).ack()).isTrue();
    }
    assertThat(filter.admit("last", new TestPosition(2_000), 0)).isNotNull();
    assertThat(filter.hasRoom()).isFalse();
    assertThat(filter.oldestUnacked()).contains(slow.position());
  }

  @Test
  @DisplayName("the horizon runs from the first idle moment after the ack, not from the ack")
  void horizon() {
    RedeliveryFilter<String, TestPosition> filter = filter(4, 4);
    long horizon = HORIZON.toNanos();
    filter.admit("event", new TestPosition(1), 0).ack();
    assertThat(filter.admit("event", new TestPosition(1), 10 * horizon)).isNull();
    filter.idle(20 * horizon);
    assertThat(filter.admit("event", new TestPosition(1), 21 * horizon - 1)).isNull();
    assertThat(filter.admit("event", new TestPosition(1), 21 * horizon)).isNotNull();
  }

  @Test
  @DisplayName("an endless horizon forgets nothing within the memory")
  void endlessHorizon() {
    RedeliveryFilter<String, TestPosition> filter =
        new RedeliveryFilter<>(
            4, 4, Duration.ofSeconds(Long.MAX_VALUE), settlements, new Observer("test", List.of()));
    filter.admit("event", new TestPosition(1), 5).ack();
    filter.idle(5);
    assertThat(filter.admit("event", new TestPosition(1), 1_000_000_000_000L)).isNull();
  }

  @Test
  @DisplayName("a copy of an acked event is acknowledged again, at the position of the copy")
  void lostAckIsRepaired() {
    RedeliveryFilter<String, TestPosition> filter = filter(4, 4);
    Delivery<String> delivery = filter.admit("event", new TestPosition(1, 1), 0);
    filter.connection(null);
    delivery.ack();
    assertThat(connection.acknowledged).isEmpty();
    RecordingConnection next = new RecordingConnection(2);
    filter.connection(next);
    TestPosition copy = new TestPosition(1, 2);
    assertThat(filter.admit("event", copy, 0)).isNull();
    assertThat(next.acknowledged).hasSize(1).first().isSameAs(copy);
  }
}
