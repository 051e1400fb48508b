package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.AckMode;
import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A nacked event is delivered again after its wait")
class NackTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedServerSource<String> source =
      new ScriptedServerSource<String>(runtime)
          .connects(c -> c.event(1, "a").event(2, "b").event(3, "c"));
  private final ScriptedClientSource<String> ending =
      new ScriptedClientSource<String>(runtime)
          .start(0)
          .connects(c -> c.event(1, "a").event(2, "b").end());

  private EventStream<String> open() {
    return EventStream.from(source).runtime(runtime).open();
  }

  @Test
  @DisplayName("a nacked event does not block new events, and precedes them after its wait")
  void delayed() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      Duration nacked = runtime.elapsed();
      assertThat(a.nack(SECOND)).isTrue();
      assertThat(a.ack()).isFalse();
      assertThat(stream.next().event()).isEqualTo("b");
      runtime.sleep(SECOND);
      Delivery<String> again = stream.next();
      assertThat(again.event()).isEqualTo("a");
      assertThat(again.attempt()).isEqualTo(2);
      assertThat(runtime.elapsed().minus(nacked)).isGreaterThanOrEqualTo(SECOND);
      assertThat(stream.next().event()).isEqualTo("c");
      assertThat(stream.stats().nacked()).isEqualTo(1);
    });
  }

  @Test
  @DisplayName("a stream without other events waits exactly until then")
  void waits() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Delivery<String>> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        all.add(stream.next());
      }
      Duration nacked = runtime.elapsed();
      all.get(2).nack(SECOND);
      all.get(0).nack(SECOND.multipliedBy(3));
      assertThat(stream.next(Duration.ofMillis(900))).isEmpty();
      long steps = runtime.steps();
      assertThat(stream.next().event()).isEqualTo("c");
      assertThat(runtime.elapsed().minus(nacked)).isBetween(SECOND, SECOND.plusMillis(1));
      assertThat(stream.next().event()).isEqualTo("a");
      assertThat(runtime.elapsed().minus(nacked))
          .isBetween(SECOND.multipliedBy(3), SECOND.multipliedBy(3).plusMillis(1));
      // Each call of the runtime is a step, so few steps show that the stream did not poll.
      assertThat(runtime.steps() - steps).isLessThan(200);
    });
  }

  @Test
  @DisplayName("a nack by another thread reaches a stream that waits for an event")
  void fromAnotherThread() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      stream.next();
      stream.next();
      runtime.spawn(
          "worker",
          () -> {
            runtime.sleep(SECOND);
            a.nack(SECOND);
          });
      assertThat(stream.next().event()).isEqualTo("a");
      assertThat(runtime.elapsed()).isBetween(SECOND.multipliedBy(2), SECOND.multipliedBy(3));
    });
  }

  @Test
  @DisplayName("the wait of a plain nack grows with each attempt, from 0 to 1 s")
  void plain() {
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).window(3).runtime(runtime).open();
      Delivery<String> a = stream.next();
      stream.next();
      stream.next();
      List<Long> waits = new ArrayList<>();
      for (int attempt = 1; attempt <= 10; attempt++) {
        Duration before = runtime.elapsed();
        a.nack();
        a = stream.next();
        waits.add(runtime.elapsed().minus(before).toMillis());
      }
      assertThat(waits).containsExactly(0L, 10L, 20L, 40L, 80L, 160L, 320L, 640L, 1_000L, 1_000L);
    });
  }

  @Test
  @DisplayName("a stream with a full window waits for it as well")
  void fullWindow() {
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).window(1).runtime(runtime).open();
      stream.next().nack(SECOND);
      assertThat(stream.next(Duration.ofMillis(999))).isEmpty();
      Delivery<String> again = stream.next();
      assertThat(again.event()).isEqualTo("a");
      again.ack();
      assertThat(stream.next().event()).isEqualTo("b");
    });
  }

  @Test
  @DisplayName("a stream whose source is complete delivers it before it ends")
  void ended() {
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(ending, Checkpoints.none()).runtime(runtime).open();
      stream.next().nack(SECOND);
      stream.next().ack();
      assertThat(stream.next(Duration.ofMillis(10))).isEmpty();
      assertThat(stream.iterator().next().attempt()).isEqualTo(2);
      assertThatThrownBy(stream::next).isInstanceOf(StreamEndedException.class);
    });
  }

  @Test
  @DisplayName("a nack of a batch nacks all its deliveries that are not settled")
  void batch() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Batch<String> batch = stream.poll(3, SECOND);
      assertThat(batch.size()).isEqualTo(3);
      batch.deliveries().get(1).ack();
      batch.nack();
      batch.nack(SECOND);
      Batch<String> again = stream.poll(3, SECOND);
      assertThat(again.deliveries()).extracting(Delivery::event).containsExactly("a", "c");
      again.nack(SECOND);
      assertThat(stream.poll(3, Duration.ofMillis(999)).isEmpty()).isTrue();
      assertThat(stream.poll(3, SECOND).size()).isEqualTo(2);
      assertThat(stream.stats().nacked()).isEqualTo(4);
    });
  }

  @Test
  @DisplayName("a negative wait is refused, and the delivery stays unsettled")
  void negative() {
    runtime.run(() -> {
      Delivery<String> a = open().next();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> a.nack(SECOND.negated()))
          .withMessage("nack() needs a wait that is not negative, but got -1 s.");
      assertThat(a.isSettled()).isFalse();
      assertThat(a.nack(Duration.ofSeconds(Long.MAX_VALUE))).as("the longest wait").isTrue();
    });
  }

  @Test
  @DisplayName("a stream resumes after a delivery from the delivery's checkpoint")
  void checkpoint() {
    runtime.run(() -> {
      InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
      EventStream<String> stream =
          EventStream.from(ending, Checkpoints.in(store, "orders")).runtime(runtime).open();
      stream.next();
      Delivery<String> b = stream.next();
      store.put("another", b.checkpoint().orElseThrow());
      ScriptedClientSource<String> resumed =
          new ScriptedClientSource<String>(runtime).connects(c -> c.end());
      EventStream<String> other =
          EventStream.from(resumed, Checkpoints.in(store, "another")).runtime(runtime).open();
      assertThatThrownBy(other::next).isInstanceOf(StreamEndedException.class);
      assertThat(resumed.connects().get(0).after()).contains(new ScriptedPosition(2));
    });
  }

  @Test
  @DisplayName(
      "a delivery has a checkpoint even without a store and acks, but not if it is server-tracked")
  void noStore() {
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(ending, Checkpoints.none()).acks(AckMode.NEVER).runtime(runtime).open();
      assertThat(stream.next().checkpoint()).contains(ending.encode(new ScriptedPosition(1)));
      assertThat(open().next().checkpoint()).isEmpty();
    });
  }
}
