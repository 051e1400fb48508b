package dev.perennial.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Received;
import dev.perennial.testkit.ScriptedServerSource.Ack;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ScriptedServerSourceTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HALF = Duration.ofMillis(500);
  private static final ScriptedFailure CUT = ScriptedFailure.retry("cut");

  private final VirtualRuntime runtime = new VirtualRuntime(1);

  @Test
  void acksAreRecordedWithTheirConnectionAndLateOnesAreDroppedAtARedelivery() {
    ScriptedServerSource<String> source =
        new ScriptedServerSource<String>(runtime)
            .redeliveryHorizon(SECOND)
            .connects(c -> c.event(1, "a").event(2, "b").lose(CUT))
            .connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      AckingConnection<String, ScriptedServerPosition> first = source.connect();
      ScriptedServerPosition a = position(first.receive(HALF));
      ScriptedServerPosition b = position(first.receive(HALF));
      first.acknowledge(b);
      assertThatThrownBy(() -> first.receive(HALF)).isSameAs(CUT);
      first.acknowledge(a);
      assertThat(first.unsent()).isEqualTo(1);
      first.close(SECOND);
      AckingConnection<String, ScriptedServerPosition> second = source.connect();
      ScriptedServerPosition again = position(second.receive(HALF));
      assertThat(again).isEqualTo(a).hasSameHashCodeAs(a).isNotEqualTo(b);
      assertThat(second.unsent()).isZero();
      second.acknowledge(again);
      assertThat(second.receive(HALF)).isNull();
    });
    assertThat(source.acks()).containsExactly(new Ack(1, 2), new Ack(2, 1));
    assertThat(source.redeliveryHorizon()).isEqualTo(SECOND);
  }

  @Test
  void aStalledSocketKeepsAcks() {
    ScriptedServerSource<String> source =
        new ScriptedServerSource<String>(runtime)
            .connects(c -> c.writesAcks(1).event(1, "a").event(2, "b"));
    runtime.run(() -> {
      AckingConnection<String, ScriptedServerPosition> connection = source.connect();
      connection.acknowledge(position(connection.receive(HALF)));
      connection.acknowledge(position(connection.receive(HALF)));
      assertThat(connection.unsent()).isEqualTo(1);
    });
    assertThat(source.acks()).containsExactly(new Ack(1, 1));
  }

  @Test
  void aReusedIdIsAnotherPosition() {
    assertThat(new ScriptedServerPosition(1, "a", 1))
        .isNotEqualTo(new ScriptedServerPosition(1, "b", 1));
  }

  @Test
  void theServerResendsUnackedEvents() {
    ScriptedServer<String> server = new ScriptedServer<>(runtime, SECOND);
    ScriptedServerSource<String> source = server.source(runtime);
    runtime.run(() -> {
      server.emit("a");
      server.emit("b");
      AckingConnection<String, ScriptedServerPosition> connection = source.connect();
      connection.acknowledge(position(connection.receive(HALF)));
      assertThat(events(connection)).containsExactly("b");
      runtime.sleep(SECOND.plusMillis(1));
      server.emit("c");
      assertThat(events(connection)).containsExactly("b", "c");
      assertThat(server.unacked()).containsExactly("b", "c");
      assertThat(server.acked()).containsExactly(1L);
    });
  }

  @Test
  void aCutLosesUnreceivedEventsUntilTheyAreResent() {
    ScriptedServer<String> server = new ScriptedServer<>(runtime, SECOND);
    ScriptedServerSource<String> source = server.source(runtime);
    runtime.run(() -> {
      AckingConnection<String, ScriptedServerPosition> first = source.connect();
      server.emit("a");
      server.emit("b");
      assertThat(position(first.receive(HALF)).id()).isEqualTo(1);
      server.cut(CUT);
      assertThatThrownBy(() -> first.receive(HALF)).isSameAs(CUT);
      first.close(SECOND);
      server.emit("c");
      AckingConnection<String, ScriptedServerPosition> second = source.connect();
      assertThat(events(second)).containsExactly("c");
      runtime.sleep(SECOND.plusMillis(1));
      assertThat(events(second)).containsExactly("a", "b", "c");
      server.disconnect(CUT);
      assertThatThrownBy(() -> second.receive(HALF)).isSameAs(CUT);
    });
  }

  @Test
  void aRestartReusesIdsAndCanLoseAcks() {
    for (boolean losesAcks : new boolean[] {false, true}) {
      VirtualRuntime runtime = new VirtualRuntime(1);
      ScriptedServer<String> server = new ScriptedServer<>(runtime, SECOND);
      if (losesAcks) {
        server.losesAcksAtRestart();
      }
      ScriptedServerSource<String> source = server.source(runtime);
      runtime.run(() -> {
        AckingConnection<String, ScriptedServerPosition> first = source.connect();
        server.emit("a");
        first.acknowledge(position(first.receive(HALF)));
        server.restart(CUT);
        assertThatThrownBy(() -> first.receive(HALF)).isSameAs(CUT);
        first.close(SECOND);
        server.emit("b");
        AckingConnection<String, ScriptedServerPosition> second = source.connect();
        ScriptedServerPosition next = position(second.receive(HALF));
        assertThat(next.id()).isEqualTo(1);
        assertThat(next.event()).isEqualTo(losesAcks ? "a" : "b");
      });
    }
  }

  /** The old process of the server never reads the ack, whose id now belongs to another event. */
  @Test
  void anAckWrittenToAConnectionFromBeforeARestartIsLost() {
    ScriptedServer<String> server = new ScriptedServer<>(runtime, SECOND);
    ScriptedServerSource<String> source = server.source(runtime);
    runtime.run(() -> {
      server.emit("a");
      server.emit("b");
      AckingConnection<String, ScriptedServerPosition> first = source.connect();
      ScriptedServerPosition a = position(first.receive(HALF));
      ScriptedServerPosition b = position(first.receive(HALF));
      first.acknowledge(a);
      first.acknowledge(b);
      server.restart(CUT);
      server.emit("c");
      server.emit("d");
      first.acknowledge(a);
      server.cut(CUT);
      first.acknowledge(b);
      assertThat(server.unacked()).containsExactly("c", "d");
      assertThat(server.acked()).containsExactly(1L, 2L);
      assertThatThrownBy(() -> first.receive(HALF)).isSameAs(CUT);
      first.close(SECOND);
      AckingConnection<String, ScriptedServerPosition> second = source.connect();
      second.acknowledge(position(second.receive(HALF)));
      assertThat(server.unacked()).containsExactly("d");
    });
  }

  private static ScriptedServerPosition position(
      @Nullable Received<String, ScriptedServerPosition> received) {
    assertThat(received).isInstanceOf(Received.Event.class);
    return ((Received.Event<String, ScriptedServerPosition>) received).position();
  }

  /** Receives all events that are available now. */
  private static List<String> events(AckingConnection<String, ScriptedServerPosition> connection)
      throws Exception {
    List<String> events = new ArrayList<>();
    while (connection.receive(Duration.ZERO)
        instanceof Received.Event<String, ScriptedServerPosition> event) {
      events.add(event.event());
    }
    return events;
  }
}
