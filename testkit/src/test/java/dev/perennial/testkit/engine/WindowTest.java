package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamListener;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedMalformed;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.ScriptedServerSource.Ack;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class WindowTest {

  private final VirtualRuntime runtime = new VirtualRuntime(1);

  @Nested
  @DisplayName("Invariant 10: the window is bounded, and a full one is reported")
  class Bounded {

    private final List<Object> events = new ArrayList<>();
    private final StreamListener listener =
        new StreamListener() {
          @Override
          public void onWindowFull(WindowFull full) {
            events.add(full);
          }

          @Override
          public void onWindowFree(WindowFree free) {
            events.add(free);
          }
        };

    @Test
    @DisplayName(
        "client-tracked: the window is full when its span is, from the oldest unacked event")
    void span() {
      ScriptedClientSource<String> source =
          new ScriptedClientSource<String>(runtime)
              .connects(c -> c.event(1, "a").event(2, "b").event(3, "c").event(4, "d"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none())
                .window(3)
                .listener(listener)
                .runtime(runtime)
                .open();
        Delivery<String> a = stream.next();
        stream.next().ack();
        stream.next().ack();
        assertThat(stream.next(Duration.ofSeconds(9))).isEmpty();
        assertThat(events).isEmpty();
        assertThat(stream.next(Duration.ofSeconds(2))).isEmpty();
        assertThat(events)
            .singleElement(InstanceOfAssertFactories.type(StreamListener.WindowFull.class))
            .satisfies(full -> {
              assertThat(full.unacked()).isEqualTo(1);
              assertThat(full.oldestUnacked()).contains(new ScriptedPosition(1));
            });
        runtime.spawn(
            "worker",
            () -> {
              runtime.sleep(Duration.ofSeconds(5));
              a.ack();
            });
        Duration before = runtime.elapsed();
        assertThat(stream.next().event()).isEqualTo("d");
        assertThat(runtime.elapsed().minus(before)).isLessThan(Duration.ofMillis(5_100));
        assertThat(events).hasSize(2);
        assertThat(events.get(1)).isInstanceOf(StreamListener.WindowFree.class);
      });
    }

    @Test
    @DisplayName(
        "server-tracked: only unacked events take room, so that one slow event does not block others")
    void unackedCount() {
      ScriptedServerSource<String> source =
          new ScriptedServerSource<String>(runtime)
              .connects(c -> {
                for (int i = 1; i <= 100; i++) {
                  c.event(i, "e" + i);
                }
              });
      runtime.run(() -> {
        EventStream<String> stream = EventStream.from(source).window(2).runtime(runtime).open();
        Delivery<String> slow = stream.next();
        for (int i = 2; i <= 99; i++) {
          assertThat(stream.next().ack()).isTrue();
        }
        stream.next();
        assertThat(stream.next(Duration.ofSeconds(1))).isEmpty();
        assertThat(slow.ack()).isTrue();
        assertThat(stream.stats().unacked()).isEqualTo(1);
      });
    }

    @Test
    @DisplayName("a nacked event is delivered again even if the window is full")
    void nackedFromFull() {
      ScriptedClientSource<String> source =
          new ScriptedClientSource<String>(runtime).connects(c -> c.event(1, "a").event(2, "b"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none()).window(1).runtime(runtime).open();
        Delivery<String> a = stream.next();
        runtime.spawn(
            "worker",
            () -> {
              runtime.sleep(Duration.ofSeconds(2));
              a.nack();
            });
        assertThat(stream.next().attempt()).isEqualTo(2);
      });
    }
  }

  @Nested
  @DisplayName("Batches")
  class Batches {

    @Test
    @DisplayName("wait only for their first event, and contain those that have arrived after it")
    void poll() {
      ScriptedClientSource<String> source =
          new ScriptedClientSource<String>(runtime)
              .connects(c ->
                  c.pause(Duration.ofSeconds(1))
                      .event(1, "a")
                      .event(2, "b")
                      .pause(Duration.ofSeconds(1))
                      .event(3, "c"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none()).runtime(runtime).open();
        assertThat(stream.poll(10, Duration.ofMillis(500)).isEmpty()).isTrue();
        Batch<String> batch = stream.poll(10, Duration.ofSeconds(10));
        assertThat(batch).extracting(Delivery::event).containsExactly("a", "b");
        batch.ack();
        assertThat(stream.stats().unacked()).isZero();
        assertThat(stream.poll(1, Duration.ofSeconds(10)).deliveries()).hasSize(1);
      });
    }

    @Test
    @DisplayName("are returned with the events so far if the stream fails meanwhile")
    void streamFails() {
      ScriptedClientSource<String> source =
          new ScriptedClientSource<String>(runtime)
              .connects(c -> c.event(1, "a").event(2, "b").lose(ScriptedFailure.fatal("gone")));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none()).runtime(runtime).open();
        assertThat(stream.poll(10, Duration.ofSeconds(10)).deliveries()).hasSize(2);
      });
    }

    @Test
    @DisplayName("never contain more events than the window has room for")
    void room() {
      ScriptedClientSource<String> source =
          new ScriptedClientSource<String>(runtime)
              .connects(c -> c.event(1, "a").event(2, "b").event(3, "c"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none()).window(2).runtime(runtime).open();
        stream.next();
        assertThat(stream.poll(2, Duration.ofSeconds(1)).deliveries()).hasSize(1);
      });
    }
  }

  @Test
  @DisplayName("Invariant 9: a malformed message is an event that is counted, reported and acked")
  void malformed() {
    ScriptedServerSource<Object> source =
        new ScriptedServerSource<Object>(runtime)
            .connects(c -> c.malformed(1, new ScriptedMalformed("{not json")).event(2, "b"));
    List<StreamListener.MalformedReceived> events = new ArrayList<>();
    runtime.run(() -> {
      EventStream<Object> stream =
          EventStream.from(source)
              .listener(
                  new StreamListener() {
                    @Override
                    public void onMalformed(MalformedReceived received) {
                      events.add(received);
                    }
                  })
              .runtime(runtime)
              .open();
      Delivery<Object> malformed = stream.next();
      assertThat(malformed.event()).isEqualTo(new ScriptedMalformed("{not json"));
      assertThat(source.acks()).isEmpty();
      malformed.ack();
      assertThat(source.acks()).containsExactly(new Ack(1, 1));
      assertThat(stream.next().event()).isEqualTo("b");
      assertThat(stream.stats().malformed()).isEqualTo(1);
      assertThat(events).hasSize(1);
      assertThat(source.connects()).hasSize(1);
    });
  }
}
