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
import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.ConnectionScript;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("One OutOfMemoryError, wherever it strikes, stops nothing for good")
class MemoryShortageTest {

  /** Calls of what the application or an adapter supplies, each of which may find no memory. */
  private enum Place {
    EXECUTE,
    SCHEDULE,
    CANCEL,
    RAISE,
    NOW,
    LISTENER,
    SAVE,
    SAVED,
    RELEASE
  }

  private static final int EVENTS = 8;
  private static final int MOST_CALLS = 60;

  /** Throws at one call of one kind, counted from when it is armed. */
  private static final class Fault {
    private final Place place;
    private int left;

    Fault(Place place, int call) {
      this.place = place;
      this.left = call;
    }

    void at(Place here) {
      if (here == place && left > 0 && --left == 0) {
        throw new OutOfMemoryError("none for a moment, in " + place);
      }
    }

    boolean struck() {
      return left == 0;
    }
  }

  /** Virtual time that is short of memory. */
  private record ShortRuntime(VirtualRuntime time, Fault fault) implements StreamRuntime {

    @Override
    public long nanoTime() {
      return time.nanoTime();
    }

    @Override
    public Instant now() {
      fault.at(Place.NOW);
      return time.now();
    }

    @Override
    public double random() {
      return time.random();
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      fault.at(Place.SCHEDULE);
      Timer timer = time.schedule(delay, task);
      return () -> {
        timer.cancel();
        fault.at(Place.CANCEL);
      };
    }

    @Override
    public void execute(Runnable task) {
      fault.at(Place.EXECUTE);
      time.execute(task);
    }

    @Override
    public Signal newSignal() {
      Signal signal = time.newSignal();
      return new Signal() {
        @Override
        public void raise() {
          fault.at(Place.RAISE);
          signal.raise();
        }

        @Override
        public boolean await(BooleanSupplier condition, Duration timeout)
            throws InterruptedException {
          return signal.await(condition, timeout);
        }
      };
    }
  }

  /** A store that is short of memory. */
  private record ShortStore(InMemoryCheckpointStore store, Fault fault) implements CheckpointStore {

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
          fault.at(Place.SAVE);
          claim.save(checkpoint);
          fault.at(Place.SAVED);
        }

        @Override
        public void close() throws CheckpointException {
          claim.close();
          fault.at(Place.RELEASE);
        }
      };
    }
  }

  private static StreamListener listener(Fault fault) {
    return new StreamListener() {
      @Override
      public void onTransition(Transition transition) {
        fault.at(Place.LISTENER);
      }

      @Override
      public void onCheckpointSaved(CheckpointSaved saved) {
        fault.at(Place.LISTENER);
      }
    };
  }

  private static void events(ConnectionScript<String> connection) {
    for (int i = 1; i <= EVENTS; i++) {
      connection.event(i, "event " + i);
    }
  }

  /** Handles all events, four at a time, as many as the window holds, and nacks some at first. */
  private static void handleAll(EventStream<String> stream) throws InterruptedException {
    int handled = 0;
    while (handled < EVENTS) {
      Batch<String> inHand = stream.poll(4, Duration.ofMinutes(1));
      assertThat(inHand.isEmpty()).isFalse();
      for (Delivery<String> delivery : inHand.deliveries()) {
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
  @EnumSource
  @DisplayName("a client-tracked stream hands out, saves and gives up all the same")
  void clientTracked(Place place) {
    Fault fault;
    int call = 0;
    do {
      fault = new Fault(place, ++call);
      clientTracked(fault);
    } while (fault.struck() && call < MOST_CALLS);
    assertThat(call).isGreaterThan(1);
  }

  private static void clientTracked(Fault fault) {
    VirtualRuntime time = new VirtualRuntime(1);
    InMemoryCheckpointStore store = new InMemoryCheckpointStore(time);
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(time).connects(c -> events(c));
    time.run(() -> {
      EventStream<String> stream =
          EventStream.from(
                  source,
                  Checkpoints.in(new ShortStore(store, fault), "orders")
                      .every(3, Duration.ofSeconds(1)))
              .window(4)
              .listener(listener(fault))
              .runtime(new ShortRuntime(time, fault))
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
  @DisplayName("a server-tracked stream hands out and acks all the same")
  void serverTracked(Place place) {
    Fault fault;
    int call = 0;
    do {
      fault = new Fault(place, ++call);
      serverTracked(fault);
    } while (fault.struck() && call < MOST_CALLS);
    assertThat(call).isGreaterThan(1);
  }

  private static void serverTracked(Fault fault) {
    VirtualRuntime time = new VirtualRuntime(1);
    ScriptedServerSource<String> source =
        new ScriptedServerSource<String>(time).connects(c -> events(c));
    time.run(() -> {
      EventStream<String> stream =
          EventStream.from(source)
              .window(4)
              .listener(listener(fault))
              .runtime(new ShortRuntime(time, fault))
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
  @DisplayName("a stream that failed gives up its claim all the same, and close then returns")
  void failed(Place place) {
    Fault fault;
    int call = 0;
    do {
      fault = new Fault(place, ++call);
      failed(fault);
    } while (fault.struck() && call < MOST_CALLS);
  }

  private static void failed(Fault fault) {
    VirtualRuntime time = new VirtualRuntime(1);
    InMemoryCheckpointStore store = new InMemoryCheckpointStore(time);
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(time)
            .connects(c -> c.event(1, "a").event(2, "b").lose(ScriptedFailure.fatal("no")));
    time.run(() -> {
      EventStream<String> stream =
          EventStream.from(
                  source,
                  Checkpoints.in(new ShortStore(store, fault), "orders")
                      .every(1, Duration.ofSeconds(1)))
              .listener(listener(fault))
              .runtime(new ShortRuntime(time, fault))
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
