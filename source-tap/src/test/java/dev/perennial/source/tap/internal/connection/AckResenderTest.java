package dev.perennial.source.tap.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Received;
import dev.perennial.source.tap.ManualClock;
import dev.perennial.source.tap.Messages;
import dev.perennial.source.tap.ScriptedTransport;
import dev.perennial.source.tap.ScriptedTransport.ScriptedChannel;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapPosition;
import dev.perennial.source.tap.TapSource;
import dev.perennial.source.tap.TapStreamFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The resending of acks over several connections, with a clock that the tests move. */
class AckResenderTest {

  private static final Duration HALF = Duration.ofMillis(500);

  private final ScriptedTransport transport = new ScriptedTransport();
  private final ManualClock clock = new ManualClock();
  private final TapSource source =
      TapSource.builder(transport).uri("localhost").runtime(clock).build();

  private ScriptedChannel channel;
  private AckingConnection<TapEvent, TapPosition> connection;

  /** Opens the next connection, on which these events arrive. */
  private void connect(String... messages) throws Exception {
    channel = transport.channel();
    arrive(messages);
    connection = source.connect();
  }

  private void arrive(String... messages) {
    for (String message : messages) {
      channel.text(message);
    }
  }

  private void cut() throws Exception {
    connection.close(Duration.ZERO);
  }

  private TapPosition receive() throws Exception {
    return ((Received.Event<TapEvent, TapPosition>) connection.receive(HALF)).position();
  }

  private List<TapPosition> receive(int count) throws Exception {
    List<TapPosition> positions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      positions.add(receive());
    }
    return positions;
  }

  private void nothingAt(long millis) throws Exception {
    clock.set(Duration.ofMillis(millis));
    assertThat(connection.receive(HALF)).isNull();
  }

  private void quietUntilSettled() throws Exception {
    long before = Duration.ofNanos(clock.nanoTime()).toMillis();
    nothingAt(before);
    nothingAt(before + 2_000);
    nothingAt(before + 2_250);
  }

  private static String[] records(int from, int to) {
    return IntStream.rangeClosed(from, to)
        .mapToObj(id -> Messages.record(Integer.toString(id)))
        .toArray(String[]::new);
  }

  private static String ack(long id) {
    return TapStreamFixture.ack(id);
  }

  @Test
  @DisplayName(
      "cut: acks that were lost, made after the loss, or come later go out once nothing came for 2 s")
  void afterACut() throws Exception {
    connect(records(1, 4));
    List<TapPosition> events = receive(4);
    connection.acknowledge(events.get(0));
    cut();
    connection.acknowledge(events.get(1));
    connect();
    connection.acknowledge(events.get(2));

    nothingAt(0);
    nothingAt(1_999);
    nothingAt(2_000);
    nothingAt(2_249);
    assertThat(channel.sent).isEmpty();
    nothingAt(2_250);
    assertThat(channel.sent).containsExactly(ack(1), ack(2), ack(3));

    connection.acknowledge(events.get(3));
    assertThat(channel.sent).containsExactly(ack(1), ack(2), ack(3), ack(4));
    nothingAt(10_000);
    assertThat(channel.sent).hasSize(4);
  }

  @Test
  @DisplayName(
      "cut: a receive waits no longer than until something is due, and no time for nothing")
  void wakesInTime() throws Exception {
    connect(records(1, 1));
    TapPosition event = receive();
    assertThat(channel.receives).containsExactly(HALF);
    connection.acknowledge(event);
    cut();
    connect();

    nothingAt(0);
    nothingAt(1_900);
    nothingAt(2_000);
    nothingAt(2_200);
    assertThat(connection.receive(Duration.ZERO)).isNull();
    nothingAt(2_250);
    nothingAt(2_260);

    assertThat(channel.receives)
        .containsExactly(
            HALF,
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofMillis(50),
            Duration.ZERO,
            Duration.ofMillis(250),
            HALF);
  }

  @Test
  @DisplayName("restart: after the first copy nothing is sent but acks of copies, each once")
  void afterARestart() throws Exception {
    connect(records(1, 3));
    List<TapPosition> events = receive(3);
    connection.acknowledge(events.get(0));
    cut();
    connection.acknowledge(events.get(1));
    connect(records(1, 1));

    TapPosition copy = receive();
    connection.acknowledge(copy);
    quietUntilSettled();
    connection.acknowledge(events.get(2));
    quietUntilSettled();
    assertThat(channel.sent).containsExactly(ack(1));
    assertThat(connection.unsent()).isEqualTo(2);

    arrive(records(2, 3));
    receive(2).forEach(connection::acknowledge);
    assertThat(channel.sent).containsExactly(ack(1), ack(2), ack(3));
    assertThat(connection.unsent()).isZero();
  }

  @Test
  @DisplayName("restart: a slow reader finds the copies late, and waits until nothing waits")
  void slowReader() throws Exception {
    connect(records(100, 101));
    List<TapPosition> events = receive(2);
    cut();
    events.forEach(connection::acknowledge);
    connect(records(1, 3));

    for (long millis = 1_000; millis <= 7_000; millis += 3_000) {
      clock.set(Duration.ofMillis(millis));
      receive();
    }
    assertThat(channel.sent).isEmpty();
    nothingAt(7_100);
    arrive(records(4, 4));
    receive();
    nothingAt(7_200);
    nothingAt(7_449);
    assertThat(channel.sent).isEmpty();
    arrive(records(100, 100));
    receive();
    nothingAt(20_000);
    nothingAt(21_000);

    assertThat(channel.sent).isEmpty();
  }

  @Test
  @DisplayName("restart: a machine that slept while it waited needs a second look to see no copy")
  void asleep() throws Exception {
    connect(records(1, 1));
    TapPosition event = receive();
    cut();
    connection.acknowledge(event);
    connect();
    clock.set(Duration.ofMillis(100));
    channel.whileReceiving = () -> clock.set(Duration.ofHours(1));

    assertThat(connection.receive(HALF)).isNull();
    assertThat(channel.sent).isEmpty();

    channel.whileReceiving = () -> {};
    nothingAt(3_600_249);
    assertThat(channel.sent).isEmpty();
    nothingAt(3_600_250);
    assertThat(channel.sent).containsExactly(ack(1));
  }

  @Test
  @DisplayName("restart: told by any event from before it, also one whose ack Tap has confirmed")
  void confirmedEventComesAgain() throws Exception {
    connect(records(1, 3));
    List<TapPosition> events = receive(3);
    connection.acknowledge(events.get(0));
    channel.confirmed = 1;
    nothingAt(0);
    cut();
    connection.acknowledge(events.get(1));
    connect(records(1, 1));

    receive();
    quietUntilSettled();

    assertThat(channel.sent).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  @DisplayName("id-reuse: an id from before with other content is that of a Tap that was restarted")
  void reusedId(int reused) throws Exception {
    connect(records(1, 2));
    List<TapPosition> events = receive(2);
    cut();
    connection.acknowledge(events.get(1));
    connect(Messages.record(Integer.toString(reused), "other"));

    TapPosition other = receive();
    quietUntilSettled();
    assertThat(channel.sent).isEmpty();

    connection.acknowledge(other);
    connection.acknowledge(events.get(1));
    assertThat(channel.sent).containsExactly(ack(reused));
    assertThat(connection.unsent()).isEqualTo(reused == 2 ? 0 : 1);
  }

  @Test
  @DisplayName("a copy that comes after the silence is over removes no doubt, and is acked once")
  void copyAfterwards() throws Exception {
    connect(records(1, 2));
    List<TapPosition> events = receive(2);
    cut();
    connect();
    quietUntilSettled();
    arrive(records(1, 1));

    connection.acknowledge(receive());
    connection.acknowledge(events.get(1));

    assertThat(channel.sent).containsExactly(ack(1), ack(2));
  }

  @Test
  @DisplayName("new events before the silence are no copies, whatever their ids")
  void newEvents() throws Exception {
    connect(records(10, 11));
    List<TapPosition> events = receive(2);
    events.forEach(connection::acknowledge);
    cut();
    connect(Messages.record("5"), Messages.record("12"));

    receive(2).forEach(connection::acknowledge);
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(5), ack(12), ack(10), ack(11));
  }

  @Test
  @DisplayName("a message without an id breaks the silence, too")
  void messageWithoutId() throws Exception {
    connect(records(1, 1));
    TapPosition event = receive();
    cut();
    connection.acknowledge(event);
    connect();
    nothingAt(2_200);
    arrive("nope");
    receive();
    nothingAt(2_300);
    nothingAt(2_540);
    assertThat(channel.sent).isEmpty();
    nothingAt(2_550);
    assertThat(channel.sent).containsExactly(ack(1));
  }

  @Test
  @DisplayName(
      "cut again too early: acks from before are never sent, for a restart would have gone unseen")
  void cutTooEarly() throws Exception {
    connect(records(1, 2));
    List<TapPosition> first = receive(2);
    connection.acknowledge(first.get(0));
    cut();
    connect(records(3, 4));
    List<TapPosition> second = receive(2);
    connection.acknowledge(second.get(0));
    cut();
    connect();
    quietUntilSettled();
    assertThat(channel.sent).containsExactly(ack(3));

    connection.acknowledge(first.get(1));
    connection.acknowledge(second.get(1));
    assertThat(channel.sent).containsExactly(ack(3), ack(4));
    assertThat(connection.unsent()).isEqualTo(1);
    assertThat(receiveCopyOf(2)).isEqualTo(0);
  }

  private int receiveCopyOf(int id) throws Exception {
    arrive(records(id, id));
    connection.acknowledge(receive());
    assertThat(channel.sent).endsWith(ack(id));
    return connection.unsent();
  }

  @Test
  @DisplayName("cut again after the silence: acks from all connections before are sent")
  void cutTwice() throws Exception {
    connect(records(1, 2));
    List<TapPosition> first = receive(2);
    cut();
    connect();
    quietUntilSettled();
    arrive(records(3, 3));
    TapPosition third = receive();
    connection.acknowledge(first.get(0));
    cut();
    connection.acknowledge(first.get(1));
    connection.acknowledge(third);
    connect();
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(1), ack(2), ack(3));
  }

  @Test
  @DisplayName("after a restart, a cut: what came before the restart is never sent")
  void restartThenCut() throws Exception {
    connect(records(1, 3));
    List<TapPosition> first = receive(3);
    cut();
    first.forEach(connection::acknowledge);
    connect(records(1, 1));
    connection.acknowledge(receive());
    cut();
    connect();
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(1));
    // 2 and 3 wait for their copies, which a Tap that was restarted has still to send.
    assertThat(connection.unsent()).isEqualTo(2);
    arrive(records(2, 3));
    receive(2).forEach(connection::acknowledge);
    assertThat(connection.unsent()).isZero();
  }

  @Test
  @DisplayName("after a restart, a cut: what the restarted Tap had still to send tells of no other")
  void restartThenCutThenLateCopy() throws Exception {
    connect(records(1, 2));
    List<TapPosition> first = receive(2);
    cut();
    connection.acknowledge(first.get(1));
    connect(records(1, 1));
    TapPosition copy = receive();
    cut();
    connection.acknowledge(copy);
    connect(records(2, 2));
    connection.acknowledge(receive());
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(2), ack(1));
  }

  @Test
  @DisplayName("two restarts in a row, the second told by what came after the first")
  void restartTwice() throws Exception {
    connect(records(1, 1));
    connection.acknowledge(receive());
    cut();
    connect(records(1, 2));
    receive(2).forEach(connection::acknowledge);
    cut();
    connect(records(2, 2));
    connection.acknowledge(receive());
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(2));
  }

  @Test
  @DisplayName("acks that Tap has confirmed are not sent again")
  void confirmed() throws Exception {
    connect(records(1, 6));
    List<TapPosition> events = receive(6);
    events.subList(0, 3).forEach(connection::acknowledge);
    nothingAt(0);
    events.subList(3, 5).forEach(connection::acknowledge);
    channel.confirmed = 3;
    nothingAt(1);
    connection.acknowledge(events.get(5));
    cut();
    connect();
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(4), ack(5), ack(6));
  }

  @Test
  @DisplayName("of very many unconfirmed acks, the newest are held")
  void bounded() throws Exception {
    int events = 150_000;
    connect(records(1, events));
    for (int i = 0; i < events; i++) {
      connection.acknowledge(receive());
    }
    cut();
    connect();
    quietUntilSettled();
    for (int i = 0; i < 200; i++) {
      nothingAt(3_000 + i);
    }

    assertThat(channel.sent).hasSizeBetween(32_768, 65_536).endsWith(ack(events));
  }

  @Test
  @DisplayName("many acks are given to the channel as it writes them")
  void backPressure() throws Exception {
    int events = 3_000;
    connect(records(1, events));
    receive(events).forEach(connection::acknowledge);
    cut();
    connect();
    channel.stalled = true;
    quietUntilSettled();
    assertThat(channel.unsent).isEqualTo(1_024);
    assertThat(connection.unsent()).isEqualTo(1_024);
    nothingAt(2_300);
    assertThat(channel.unsent).isEqualTo(1_024);
    assertThat(channel.receives.get(channel.receives.size() - 1)).isEqualTo(Duration.ofMillis(10));

    channel.stalled = false;
    channel.unsent = 24;
    nothingAt(2_310);
    assertThat(channel.sent).hasSize(1_000).startsWith(ack(1_025)).endsWith(ack(2_024));
    channel.unsent = 0;
    nothingAt(2_320);
    nothingAt(2_330);
    assertThat(channel.sent).hasSize(events - 1_024).endsWith(ack(events));
    assertThat(channel.receives.get(channel.receives.size() - 1)).isEqualTo(HALF);
  }

  @Test
  @DisplayName("an ack that waits behind others is not sent beside the copy that comes first")
  void copyWhileSending() throws Exception {
    int events = 2_000;
    connect(records(1, events));
    receive(events).forEach(connection::acknowledge);
    cut();
    connect();
    quietUntilSettled();
    arrive(records(events, events));
    connection.acknowledge(receive());
    nothingAt(3_000);
    nothingAt(3_010);

    assertThat(channel.sent).hasSize(events).doesNotHaveDuplicates();
  }

  @Test
  @DisplayName("unsent counts acks that no connection wrote, and not those that Tap may have got")
  void unsent() throws Exception {
    connect(records(1, 4));
    List<TapPosition> events = receive(4);
    connection.acknowledge(events.get(0));
    channel.stalled = true;
    connection.acknowledge(events.get(1));
    assertThat(connection.unsent()).isEqualTo(1);
    cut();
    connection.acknowledge(events.get(2));
    assertThat(connection.unsent()).isEqualTo(2);
    connect();
    connection.acknowledge(events.get(3));
    assertThat(connection.unsent()).isEqualTo(3);
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(1), ack(2), ack(3), ack(4));
    assertThat(connection.unsent()).isZero();
  }

  @Test
  @DisplayName("of two events with one id that are both not acked yet, the newer one's ack is held")
  void twoOfOneId() throws Exception {
    connect(records(1, 2));
    List<TapPosition> first = receive(2);
    cut();
    connect(Messages.record("1", "other"));
    TapPosition other = receive();
    cut();
    connection.acknowledge(other);
    connection.acknowledge(first.get(0));
    connect();
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(1));
  }

  @Test
  @DisplayName("a connection that is closed after the next was opened takes nothing from that one")
  void closedLate() throws Exception {
    connect(records(1, 2));
    List<TapPosition> events = receive(2);
    connection.acknowledge(events.get(0));
    AckingConnection<TapEvent, TapPosition> old = connection;
    connect();
    old.close(Duration.ZERO);
    old.acknowledge(events.get(1));
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(1), ack(2));
    assertThat(connection.unsent()).isZero();
  }

  @Test
  @DisplayName("an ack of an earlier event that is made while its connection ends is held, too")
  void whileEnding() throws Exception {
    connect(records(1, 1));
    TapPosition event = receive();
    cut();
    connect();
    quietUntilSettled();
    AckingConnection<TapEvent, TapPosition> ending = connection;
    channel.stalled = true;
    ScriptedChannel ended = channel;
    ended.whileAsked =
        () -> {
          ended.whileAsked = () -> {};
          ending.acknowledge(event);
        };
    cut();
    connect();
    quietUntilSettled();

    assertThat(channel.sent).containsExactly(ack(1));
  }

  @Test
  @DisplayName("a close in order sends what waits behind others, as far as it may be sent")
  void closedWhileSending() throws Exception {
    int events = 3_000;
    connect(records(1, events + 1));
    List<TapPosition> positions = receive(events + 1);
    positions.subList(0, events).forEach(connection::acknowledge);
    cut();
    connect();
    channel.stalled = true;
    quietUntilSettled();
    channel.stalled = false;
    channel.unsent = 0;
    connection.close(HALF);

    assertThat(channel.sent).hasSize(events - 1_024).endsWith(ack(events));
    connect();
    connection.acknowledge(positions.get(events));
    connection.close(HALF);
    assertThat(channel.sent).as("while it is not known whether they may be sent").isEmpty();
  }

  @Test
  @DisplayName("positions without an id are not acked on any connection")
  void withoutId() throws Exception {
    connect("nope");
    TapPosition position = receive();
    connection.acknowledge(position);
    cut();
    connection.acknowledge(position);
    connect();
    connection.acknowledge(position);
    quietUntilSettled();

    assertThat(channel.sent).isEmpty();
    assertThat(connection.unsent()).isZero();
  }
}
