package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.testkit.ConnectionScript;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.VirtualRuntime;
import dev.perennial.testkit.engine.MemoryFault.Point;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A stream survives one OutOfMemoryError at any call")
class MemoryShortageTest {

  private static final int EVENTS = 8;
  private static final int MOST_CALLS = 60;

  /** A store that runs out of memory. */
  private record FaultyStore(InMemoryCheckpointStore store, MemoryFault fault)
      implements CheckpointStore {

    @Override
    public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
        throws CheckpointException {
      return store.tryClaim(streamId, lost).map(this::claim);
    }

    private CheckpointClaim claim(CheckpointClaim claim) {
      return new CheckpointClaim() {
        @Override
        public Optional<Checkpoint> load() throws CheckpointException {
          return claim.load();
        }

        @Override
        public void save(Checkpoint checkpoint) throws CheckpointException {
          fault.at(Point.SAVE);
          claim.save(checkpoint);
          fault.at(Point.SAVED);
        }

        @Override
        public void close() throws CheckpointException {
          claim.close();
          fault.at(Point.RELEASE);
        }
      };
    }
  }

  private static StreamListener listener(MemoryFault fault) {
    return new StreamListener() {
      @Override
      public void onTransition(Transition transition) {
        fault.at(Point.LISTENER);
      }

      @Override
      public void onCheckpointSaved(CheckpointSaved saved) {
        fault.at(Point.LISTENER);
      }
    };
  }

  private static void events(ConnectionScript<String> connection) {
    for (int i = 1; i <= EVENTS; i++) {
      connection.event(i, "event " + i);
    }
  }

  /** Handles all events in batches as large as the window, and nacks one at its first attempt. */
  private static void handleAll(EventStream<String> stream) throws InterruptedException {
    int handled = 0;
    while (handled < EVENTS) {
      Batch<String> batch = stream.poll(4, Duration.ofMinutes(1));
      assertThat(batch.isEmpty()).isFalse();
      for (Delivery<String> delivery : batch.deliveries()) {
        if (delivery.event().equals("event 3") && delivery.attempt() == 1) {
          assertThat(delivery.nack()).isTrue();
        } else {
          assertThat(delivery.ack()).isTrue();
          handled++;
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "EXECUTE",
        "SCHEDULE",
        "CANCEL",
        "RAISE",
        "NOW",
        "LISTENER",
        "SAVE",
        "SAVED",
        "RELEASE"
      })
  @DisplayName("a client-tracked stream still delivers, saves and releases its claim")
  void clientTracked(Point point) throws Exception {
    assertThat(MemoryFault.atEachCall(point, MOST_CALLS, MemoryShortageTest::clientTracked))
        .isGreaterThan(1);
  }

  private static void clientTracked(MemoryFault fault) {
    fault.arm();
    VirtualRuntime time = new VirtualRuntime(1);
    InMemoryCheckpointStore store = new InMemoryCheckpointStore(time);
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(time).connects(c -> events(c));
    time.run(() -> {
      EventStream<String> stream =
          EventStream.from(
                  source,
                  Checkpoints.in(new FaultyStore(store, fault), "orders")
                      .every(3, Duration.ofSeconds(1)))
              .window(4)
              .listener(listener(fault))
              .runtime(new FaultyRuntime(time, fault))
              .open();
      handleAll(stream);
      time.sleep(Duration.ofSeconds(3));
      CloseReport report = stream.close(Duration.ofSeconds(5));
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(report.unacked()).isZero();
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(store.checkpoint("orders").orElseThrow().position()).isEqualTo("" + EVENTS);
      assertThat(store.isClaimed("orders")).isFalse();
      assertThat(source.isClosed()).isTrue();
      assertThat(time.pendingTimers()).isZero();
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"EXECUTE", "RAISE", "LISTENER"})
  @DisplayName("a server-tracked stream still delivers and acks")
  void serverTracked(Point point) throws Exception {
    assertThat(MemoryFault.atEachCall(point, MOST_CALLS, MemoryShortageTest::serverTracked))
        .isGreaterThan(1);
  }

  private static void serverTracked(MemoryFault fault) {
    fault.arm();
    VirtualRuntime time = new VirtualRuntime(1);
    ScriptedServerSource<String> source =
        new ScriptedServerSource<String>(time).connects(c -> events(c));
    time.run(() -> {
      EventStream<String> stream =
          EventStream.from(source)
              .window(4)
              .listener(listener(fault))
              .runtime(new FaultyRuntime(time, fault))
              .open();
      handleAll(stream);
      CloseReport report = stream.close(Duration.ofSeconds(5));
      assertThat(report.unacked()).isZero();
      assertThat(source.acks()).hasSize(EVENTS);
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(source.isClosed()).isTrue();
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"EXECUTE", "SCHEDULE", "CANCEL", "RAISE", "LISTENER", "SAVE", "RELEASE"})
  @DisplayName("a failed stream still releases its claim, and close returns")
  void failed(Point point) throws Exception {
    MemoryFault.atEachCall(point, MOST_CALLS, MemoryShortageTest::failed);
  }

  private static void failed(MemoryFault fault) {
    fault.arm();
    VirtualRuntime time = new VirtualRuntime(1);
    InMemoryCheckpointStore store = new InMemoryCheckpointStore(time);
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(time)
            .connects(c -> c.event(1, "a").event(2, "b").lose(ScriptedFailure.fatal("no")));
    time.run(() -> {
      EventStream<String> stream =
          EventStream.from(
                  source,
                  Checkpoints.in(new FaultyStore(store, fault), "orders")
                      .every(1, Duration.ofSeconds(1)))
              .listener(listener(fault))
              .runtime(new FaultyRuntime(time, fault))
              .open();
      stream.next().ack();
      stream.next();
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
      time.sleep(EventStream.DEFAULT_CLOSE_TIMEOUT.plusSeconds(1));
      assertThat(store.isClaimed("orders")).isFalse();
      assertThat(store.checkpoint("orders").orElseThrow().position()).isEqualTo("1");
      assertThat(stream.close(Duration.ofSeconds(1)).unacked()).isEqualTo(1);
      assertThat(time.pendingTimers()).isZero();
    });
  }
}
