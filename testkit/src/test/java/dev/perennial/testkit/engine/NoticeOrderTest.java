package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.port.Recovery;
import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The order of the notices of restarts, and of the events that are received after them. */
class NoticeOrderTest {

  private static final ScriptedFailure LOST = ScriptedFailure.positionLost("gone");

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedClientSource<String> source = new ScriptedClientSource<>(runtime);

  /** Run whenever the engine reads the clock. */
  private Runnable onClock = () -> {};

  private final StreamRuntime watched =
      new StreamRuntime() {
        @Override
        public long nanoTime() {
          onClock.run();
          return runtime.nanoTime();
        }

        @Override
        public Instant now() {
          return runtime.now();
        }

        @Override
        public double random() {
          return runtime.random();
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
          return runtime.schedule(delay, task);
        }

        @Override
        public void execute(Runnable task) {
          runtime.execute(task);
        }

        @Override
        public Signal newSignal() {
          return runtime.newSignal();
        }
      };

  private void restartsTwice(Recovery<String, ScriptedPosition> first) {
    source
        .recovers((position, cause) -> first)
        .recovers((position, cause) -> Recovery.restart(new ScriptedPosition(20), "second gap"));
  }

  private EventStream<String> open() {
    return EventStream.from(source, Checkpoints.none()).runtime(watched).window(3).open();
  }

  @Test
  @DisplayName("awaitLive keeps the notices of all restarts, in order and before later events")
  void all() {
    restartsTwice(Recovery.restart(new ScriptedPosition(10), "first gap"));
    source.fails(LOST).fails(LOST).connects(c -> c.event(21, "a"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.awaitLive(Duration.ofMinutes(1));
      assertThat(stream.poll(3, Duration.ofSeconds(1)))
          .extracting(Delivery::event)
          .containsExactly("first gap", "second gap", "a");
    });
  }

  @Test
  @DisplayName("a restart without an event does not let later events overtake the next notice")
  void withoutEvent() {
    restartsTwice(Recovery.restart(new ScriptedPosition(10)));
    source.fails(LOST).fails(LOST).connects(c -> c.event(21, "a"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.awaitLive(Duration.ofMinutes(1));
      assertThat(stream.next().event()).isEqualTo("second gap");
      assertThat(stream.next().event()).isEqualTo("a");
    });
  }

  @Test
  @DisplayName("an event does not overtake a notice for which a full window had no room at first")
  void roomMeanwhile() {
    restartsTwice(Recovery.restart(new ScriptedPosition(10), "first gap"));
    source
        .connects(c -> c.event(1, "a").event(2, "b").lose(ScriptedFailure.retry("cut")))
        .fails(LOST)
        .fails(LOST)
        .connects(c -> c.event(21, "c"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> oldest = stream.next();
      // So that the engine reads the clock while it looks for nacked events.
      stream.next().nack(Duration.ofHours(1));
      stream.next(Duration.ofMillis(1));
      stream.awaitLive(Duration.ofMinutes(5));
      AtomicBoolean inside = new AtomicBoolean();
      onClock =
          () -> {
            if (inside.compareAndSet(false, true)) {
              if (stream.stats().unacked() == 3) {
                oldest.ack();
              }
              inside.set(false);
            }
          };
      List<String> events = new ArrayList<>();
      while (events.size() < 2) {
        stream.poll(3, Duration.ofMinutes(5)).deliveries().forEach(d -> events.add(d.event()));
      }
      assertThat(events).startsWith("first gap", "second gap");
    });
  }
}
