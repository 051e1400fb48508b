package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.AckMode;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamClosedException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Invariant 8: misuse throws at the call")
class MisuseTest {

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedServerSource<String> source =
      new ScriptedServerSource<String>(runtime).connects(c -> c.event(1, "a"));

  private EventStream<String> open() {
    return EventStream.from(source).runtime(runtime).open();
  }

  @Test
  @DisplayName(
      "a second thread that pulls at the same time is refused, and the first one is not affected")
  void twoThreads() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.next();
      SimulatedThread first =
          runtime.spawn(
              "first",
              () -> assertThatThrownBy(stream::next).isInstanceOf(StreamClosedException.class));
      runtime.sleep(Duration.ofSeconds(1));
      assertThatIllegalStateException()
          .isThrownBy(stream::next)
          .withMessageContaining("Let one thread read")
          .withMessageContaining("scripted");
      assertThatIllegalStateException().isThrownBy(() -> stream.poll(1, Duration.ZERO));
      assertThatIllegalStateException().isThrownBy(() -> stream.awaitLive(Duration.ZERO));
      assertThatIllegalStateException().isThrownBy(() -> stream.consume(delivery -> {}));
      stream.close();
      first.join();
    });
  }

  @Test
  @DisplayName("two threads may pull one after the other")
  void handedOver() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      assertThat(stream.next(Duration.ofSeconds(1))).isPresent();
      runtime.spawn("other", () -> assertThat(stream.next(Duration.ofSeconds(1))).isEmpty()).join();
      assertThat(stream.next(Duration.ofSeconds(1))).isEmpty();
    });
  }

  @Test
  @DisplayName("a handler must not pull the next event")
  void nextInHandler() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      assertThatThrownBy(() -> stream.consume(delivery -> stream.next()))
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasStackTraceContaining("Return from the handler");
    });
  }

  @Test
  @DisplayName("options that are out of range or contradict each other are refused")
  void options() {
    ScriptedClientSource<String> client = new ScriptedClientSource<>(runtime);
    CheckpointStore store = CheckpointStore.of(id -> Optional.empty(), (id, checkpoint) -> {});
    EventStreamBuilder<String> builder = EventStream.from(source);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.window(0))
        .withMessageContaining("but got 0");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.window((1 << 20) + 1));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.maxAttempts(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.stableAfter(Duration.ofNanos(-1)));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.redeliveryMemory(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.redeliveryMemory((1 << 28) + 1))
        .withMessage("redeliveryMemory() takes 1 to 268435456 positions, but got 268435457.");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EventStream.from(source).window(100).redeliveryMemory(99).open())
        .withMessageContaining("window of 100");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> EventStream.from(client, Checkpoints.in(store, "x")).acks(AckMode.NEVER).open())
        .withMessageContaining("Checkpoints.none()");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> EventStream.from(client, Checkpoints.none()).redeliveryMemory(2_000).open())
        .withMessageContaining("redeliveryMemory()");
    assertThatIllegalArgumentException().isThrownBy(() -> Checkpoints.in(store, " "));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Checkpoints.in(store, "x").every(0, Duration.ofSeconds(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Checkpoints.in(store, "x").every(1, Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Checkpoints.in(store, "x").tolerateOutage(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Checkpoints.in(store, "x").waitForClaim(Duration.ofSeconds(-1)));
    assertThatIllegalStateException().isThrownBy(() -> Checkpoints.none().startAfresh());
  }

  @Test
  @DisplayName("null, where it would silently mean something else")
  @SuppressWarnings("NullAway")
  void nulls() {
    EventStreamBuilder<String> builder = EventStream.from(source);
    assertThatNullPointerException()
        .isThrownBy(() -> Checkpoints.in(null, "orders"))
        .withMessageContaining("Checkpoints.none()");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.acks(null))
        .withMessageContaining("acks()");
    assertThatNullPointerException().isThrownBy(() -> builder.backoff(null));
    assertThatNullPointerException().isThrownBy(() -> builder.errors(null));
    assertThatNullPointerException().isThrownBy(() -> builder.listener(null));
    assertThatNullPointerException().isThrownBy(() -> builder.runtime(null));
    assertThatNullPointerException()
        .isThrownBy(() -> EventStream.from(new ScriptedClientSource<String>(runtime), null));
  }

  @Test
  @DisplayName("a builder opens only one stream, because a source belongs to one stream")
  void openedTwice() {
    EventStreamBuilder<String> builder = EventStream.from(source).runtime(runtime);
    runtime.run(() -> builder.open().close());
    assertThatIllegalStateException().isThrownBy(builder::open).withMessageContaining("source");
  }

  @Test
  @DisplayName("a second stream of a source is refused, and the first one is not affected")
  void twoStreams() {
    runtime.run(() -> {
      EventStream<String> first = open();
      assertThatIllegalStateException()
          .isThrownBy(this::open)
          .withMessageContaining("\"scripted\"")
          .withMessageContaining("source of its own");
      assertThat(first.next().event()).isEqualTo("a");
      assertThat(source.isClosed()).isFalse();
      first.close();
      assertThatIllegalStateException().isThrownBy(this::open);
    });
  }

  @Test
  @DisplayName("the refusal of a second stream names the first one by its stream id")
  void twoStreamsWithCheckpoints() {
    ScriptedClientSource<String> client = new ScriptedClientSource<>(runtime);
    CheckpointStore store = CheckpointStore.of(id -> Optional.empty(), (id, checkpoint) -> {});
    EventStream.from(client, Checkpoints.in(store, "orders")).open();
    assertThatIllegalStateException()
        .isThrownBy(() -> EventStream.from(client, Checkpoints.in(store, "bills")).open())
        .withMessageContaining("\"orders\"")
        .withMessageContaining("\"bills\"");
    assertThat(client.binding().stream()).contains("orders");
  }

  @Test
  @DisplayName("a batch size of 0, or larger than the window, is refused")
  void batch() {
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(source).window(10).runtime(runtime).open();
      assertThatIllegalArgumentException().isThrownBy(() -> stream.poll(0, Duration.ZERO));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stream.poll(11, Duration.ZERO))
          .withMessageContaining("10");
    });
  }

  @Test
  @DisplayName("an event that hasNext() has received is returned by the next call of any kind")
  void lookedAhead() {
    ScriptedServerSource<String> six = new ScriptedServerSource<>(runtime);
    six.connects(c -> {
      for (int i = 1; i <= 6; i++) {
        c.event(i, "e" + i);
      }
      c.end();
    });
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(six).runtime(runtime).open();
      Iterator<Delivery<String>> events = stream.iterator();
      assertThat(events.hasNext()).isTrue();
      assertThat(stream.next().event()).isEqualTo("e1");
      assertThat(events.hasNext()).isTrue();
      assertThat(stream.poll(2, Duration.ZERO))
          .extracting(Delivery::event)
          .containsExactly("e2", "e3");
      assertThat(events.hasNext()).isTrue();
      assertThat(stream.next(Duration.ZERO)).get().extracting(Delivery::event).isEqualTo("e4");
      assertThat(events.hasNext()).isTrue();
      assertThat(stream.iterator().next().event()).isEqualTo("e5");
      assertThat(events.hasNext()).isTrue();
      java.util.List<String> handled = new java.util.ArrayList<>();
      stream.consume(delivery -> handled.add(delivery.event()));
      assertThat(handled).containsExactly("e6");
      assertThat(events.hasNext()).isFalse();
    });
  }

  @Test
  @DisplayName("an iterator throws after the end of its stream")
  void iterator() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Iterator<Delivery<String>> events = stream.iterator();
      assertThat(events.hasNext()).isTrue();
      assertThat(events.next().event()).isEqualTo("a");
      stream.close();
      assertThat(events.hasNext()).isFalse();
      assertThatThrownBy(events::next).isInstanceOf(NoSuchElementException.class);
    });
  }
}
