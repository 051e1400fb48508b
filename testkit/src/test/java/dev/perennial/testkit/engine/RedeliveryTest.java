package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamListener;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServer;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.ScriptedServerSource.Ack;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Invariant 5: an event that a source redelivers on its own is not delivered twice")
class RedeliveryTest {

  private static final ScriptedFailure CUT = ScriptedFailure.retry("cut");

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedServerSource<String> source = new ScriptedServerSource<>(runtime);

  @Test
  @DisplayName("a redelivery of an unacked event is dropped, and one ack is enough")
  void inTheWindow() {
    source.connects(c -> c.event(1, "a").event(1, "a").event(2, "b"));
    runtime.run(() -> {
      List<StreamListener.RedeliveryDropped> dropped = new ArrayList<>();
      EventStream<String> stream =
          EventStream.from(source)
              .runtime(runtime)
              .listener(
                  new StreamListener() {
                    @Override
                    public void onRedeliveryDropped(RedeliveryDropped redelivery) {
                      dropped.add(redelivery);
                    }
                  })
              .open();
      Delivery<String> a = stream.next();
      assertThat(stream.next().event()).isEqualTo("b");
      assertThat(source.acks()).isEmpty();
      a.ack();
      assertThat(source.acks()).containsExactly(new Ack(1, 1));
      assertThat(stream.stats().redeliveriesDropped()).isEqualTo(1);
      assertThat(stream.stats().received()).isEqualTo(2);
      assertThat(dropped).hasSize(1);
      assertThat(dropped.get(0).isAcked()).isFalse();
    });
  }

  @Test
  @DisplayName("after a reconnect the ack goes to the connection of the newest redelivery")
  void acrossConnections() {
    source.connects(c -> c.event(1, "a").lose(CUT)).connects(c -> c.event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).runtime(runtime).open();
      Delivery<String> a = stream.next();
      assertThat(stream.next().event()).isEqualTo("b");
      a.ack();
      assertThat(source.acks()).containsExactly(new Ack(2, 1));
    });
  }

  @Test
  @DisplayName("a redelivery of an acked event is acked again and not delivered")
  void remembered() {
    source.connects(c -> c.event(1, "a").pause(Duration.ofMinutes(2)).event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).runtime(runtime).open();
      stream.next().ack();
      assertThat(stream.next().event()).isEqualTo("b");
      assertThat(source.acks()).containsExactly(new Ack(1, 1), new Ack(1, 1));
    });
  }

  @Test
  @DisplayName("after the horizon an acked event is delivered again")
  void beyondTheHorizon() {
    source
        .redeliveryHorizon(Duration.ofMinutes(3))
        .connects(c -> c.event(1, "a").pause(Duration.ofMinutes(4)).event(1, "a"));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).runtime(runtime).open();
      stream.next().ack();
      assertThat(stream.next().event()).isEqualTo("a");
    });
  }

  @Test
  @DisplayName(
      "the horizon starts at the first empty receive, because redeliveries can be buffered before")
  void horizonCountsFromAnEmptyReceive() {
    source
        .redeliveryHorizon(Duration.ofMinutes(3))
        .connects(c -> c.event(1, "a").event(2, "b").event(1, "a").event(3, "c"));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).runtime(runtime).open();
      stream.next().ack();
      Delivery<String> b = stream.next();
      runtime.sleep(Duration.ofMinutes(10));
      b.ack();
      assertThat(stream.next().event()).isEqualTo("c");
      assertThat(source.acks()).containsExactly(new Ack(1, 1), new Ack(1, 2), new Ack(1, 1));
    });
  }

  @Test
  @DisplayName("over the memory limit only the oldest acked position is forgotten")
  void beyondTheMemory() {
    source.connects(c ->
        c.event(1, "a")
            .event(2, "b")
            .event(3, "c")
            .event(4, "d")
            .event(1, "a")
            .event(3, "c")
            .event(5, "e"));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source).window(3).redeliveryMemory(3).runtime(runtime).open();
      for (String expected : List.of("a", "b", "c", "d", "a", "e")) {
        Delivery<String> delivery = stream.next();
        assertThat(delivery.event()).isEqualTo(expected);
        delivery.ack();
      }
    });
  }

  @Test
  @DisplayName("an id that the server reuses for another event is a new event")
  void idReuse() {
    source
        .connects(c -> c.event(1, "a").lose(CUT))
        .connects(c -> c.event(1, "another a").event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).runtime(runtime).open();
      stream.next().ack();
      Delivery<String> another = stream.next();
      assertThat(another.event()).isEqualTo("another a");
      another.ack();
      assertThat(stream.next().event()).isEqualTo("b");
      assertThat(source.acks()).containsExactly(new Ack(1, 1), new Ack(2, 1), new Ack(2, 1));
    });
  }

  @Test
  @DisplayName("a redelivery of a nacked event is not delivered in addition to the next attempt")
  void nacked() {
    source.connects(c -> c.event(1, "a").lose(CUT)).connects(c -> c.event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).runtime(runtime).open();
      Delivery<String> a = stream.next();
      a.nack();
      Delivery<String> again = stream.next();
      assertThat(again.attempt()).isEqualTo(2);
      assertThat(stream.next().event()).isEqualTo("b");
      again.ack();
      assertThat(source.acks()).containsExactly(new Ack(2, 1));
    });
  }

  @Test
  @DisplayName("an ack at any moment of a reconnect reaches the server")
  void ackDuringAReconnect() {
    for (int seed = 1; seed <= 400; seed++) {
      VirtualRuntime runtime = new VirtualRuntime(seed);
      ScriptedServer<String> server = new ScriptedServer<>(runtime, Duration.ofHours(1));
      runtime.run(() -> {
        ScriptedServerSource<String> source = server.source(runtime);
        EventStream<String> stream =
            EventStream.from(source)
                .backoff(BackoffPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(1)))
                .runtime(runtime)
                .open();
        server.emit("a");
        server.emit("b");
        Delivery<String> a = stream.next();
        Delivery<String> b = stream.next();
        server.cut(CUT);
        SimulatedThread first = runtime.spawn("first", a::ack);
        SimulatedThread second = runtime.spawn("second", b::ack);
        assertThat(stream.next(Duration.ofSeconds(2))).isEmpty();
        first.join();
        second.join();
        assertThat(stream.next(Duration.ofSeconds(1))).isEmpty();
        assertThat(server.unacked()).isEmpty();
        assertThat(server.acked()).containsExactlyInAnyOrder(1L, 2L);
        assertThat(stream.close(Duration.ofSeconds(1)).unsent()).isZero();
      });
    }
  }

  @Test
  @DisplayName("an ack long after a reconnect reaches the server without a redelivery")
  void ackAfterAReconnect() {
    ScriptedServer<String> server = new ScriptedServer<>(runtime, Duration.ofHours(1));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(server.source(runtime)).runtime(runtime).open();
      server.emit("a");
      Delivery<String> a = stream.next();
      server.cut(CUT);
      assertThat(stream.next(Duration.ofSeconds(10))).isEmpty();
      a.ack();
      assertThat(stream.next(Duration.ofSeconds(1))).isEmpty();
      assertThat(server.unacked()).isEmpty();
    });
  }

  @Test
  @DisplayName(
      "acks that a lost connection has not written are reported, and repeated for redeliveries")
  void unsent() {
    source
        .connects(
            c -> c.event(1, "a").event(2, "b").writesAcks(1).pause(Duration.ofSeconds(5)).lose(CUT))
        .connects(c -> c.event(2, "b").event(3, "c"));
    List<Integer> unsent = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source)
              .runtime(runtime)
              .listener(
                  new StreamListener() {
                    @Override
                    public void onAcksUnsent(AcksUnsent lost) {
                      unsent.add(lost.count());
                    }
                  })
              .open();
      stream.next().ack();
      stream.next().ack();
      assertThat(stream.next().event()).isEqualTo("c");
      assertThat(unsent).containsExactly(1);
      assertThat(source.acks()).containsExactly(new Ack(1, 1), new Ack(2, 2));
    });
  }
}
