package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamState;
import dev.perennial.port.CheckpointException;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A closed stream leaves no timer")
class TimersTest {

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final ScriptedClientSource<String> source = new ScriptedClientSource<>(runtime);

  private EventStream<String> open() {
    return EventStream.from(
            source,
            Checkpoints.in(store, "orders").every(1_000, DAY).tolerateOutage(DAY).waitForClaim(DAY))
        .runtime(runtime)
        .open();
  }

  /** The code that brings a stream into the state in which it is closed. */
  private interface Phase {
    void run(EventStream<String> stream) throws Exception;
  }

  private void leavesNone(StreamState closedIn, Phase phase) {
    runtime.run(() -> {
      EventStream<String> stream = open();
      phase.run(stream);
      assertThat(stream.state()).isEqualTo(closedIn);
      stream.close(TIMEOUT);
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(runtime.pendingTimers()).isZero();
    });
  }

  @Test
  @DisplayName("closed before its first call")
  void fresh() {
    leavesNone(StreamState.NEW, stream -> {});
  }

  @Test
  @DisplayName("closed as a standby that could wait for a day")
  void standby() {
    runtime.run(() -> {
      EventStream<String> first = open();
      first.awaitLive(TIMEOUT);
      int before = runtime.pendingTimers();
      for (int i = 0; i < 10; i++) {
        EventStream<String> standby =
            EventStream.from(
                    new ScriptedClientSource<String>(runtime),
                    Checkpoints.in(store, "orders").waitForClaim(DAY))
                .runtime(runtime)
                .open();
        assertThat(standby.next(Duration.ofSeconds(3))).isEmpty();
        assertThat(standby.state()).isEqualTo(StreamState.CLAIMING);
        standby.close(TIMEOUT);
      }
      assertThat(runtime.pendingTimers()).isEqualTo(before);
    });
  }

  @Test
  @DisplayName("closed while its claim hangs")
  void claimHangs() {
    store.hang(Call.CLAIM);
    leavesNone(StreamState.CLAIMING, stream -> stream.next(Duration.ofSeconds(1)));
  }

  @Test
  @DisplayName("closed while its load hangs")
  void loadHangs() {
    store.hang(Call.LOAD);
    leavesNone(StreamState.CLAIMING, stream -> stream.next(Duration.ofSeconds(1)));
  }

  @Test
  @DisplayName("closed while its start cannot be saved")
  void startNotSaved() {
    store.fail(Call.SAVE, 1_000_000);
    leavesNone(StreamState.CONNECTING, stream -> stream.next(Duration.ofSeconds(1)));
  }

  @Test
  @DisplayName("closed while it backs off")
  void backingOff() {
    source.fails(ScriptedFailure.retryAfter(DAY, "later"));
    leavesNone(StreamState.BACKING_OFF, stream -> stream.next(Duration.ofSeconds(1)));
  }

  @Test
  @DisplayName("closed with unsaved acks")
  void unsaved() {
    source.connects(EngineFixture::abc);
    leavesNone(StreamState.LIVE, stream -> stream.next().ack());
  }

  @Test
  @DisplayName("closed while the store is down, so that the last save fails too")
  void storeDown() {
    source.connects(EngineFixture::abc);
    leavesNone(
        StreamState.LIVE,
        stream -> {
          Delivery<String> a = stream.next();
          store.fail(Call.SAVE, 1_000_000);
          a.ack();
        });
  }

  @Test
  @DisplayName("closed while a save hangs")
  void saveHangs() {
    source.connects(EngineFixture::abc);
    leavesNone(
        StreamState.LIVE,
        stream -> {
          Delivery<String> a = stream.next();
          store.hang(Call.SAVE);
          a.ack();
        });
  }

  @Test
  @DisplayName("closed after the end of its source")
  void ended() {
    source.connects(c -> c.event(1, "a").end());
    leavesNone(
        StreamState.ENDED,
        stream -> {
          stream.next().ack();
          assertThatThrownBy(stream::next).isInstanceOf(StreamEndedException.class);
        });
  }

  @Test
  @DisplayName("closed after a failure, with deliveries in flight")
  void failed() {
    source.connects(c -> c.event(1, "a").event(2, "b").lose(ScriptedFailure.fatal("no")));
    leavesNone(
        StreamState.FAILED,
        stream -> {
          stream.next().ack();
          stream.next();
          assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
        });
  }

  @Test
  @DisplayName("closed after its claim was lost")
  void claimLost() {
    source.connects(EngineFixture::abc);
    leavesNone(
        StreamState.FAILED,
        stream -> {
          stream.next().ack();
          store.loseClaim("orders");
        });
  }

  @Test
  @DisplayName("closed after its store was closed")
  void storeClosed() {
    source.connects(EngineFixture::abc);
    leavesNone(
        StreamState.LIVE,
        stream -> {
          stream.next().ack();
          store.close();
        });
  }

  @Test
  @DisplayName("closed after its store was down for too long")
  void outage() {
    source.connects(EngineFixture::abc);
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(
                  source,
                  Checkpoints.in(store, "orders")
                      .every(1, DAY)
                      .tolerateOutage(Duration.ofSeconds(30)))
              .runtime(runtime)
              .open();
      Delivery<String> a = stream.next();
      stream.next();
      store.fail(Call.SAVE, 1_000_000, CheckpointException.unavailable("down", null));
      a.ack();
      runtime.sleep(Duration.ofSeconds(31));
      assertThat(stream.state()).isEqualTo(StreamState.FAILED);
      stream.close(TIMEOUT);
      assertThat(runtime.pendingTimers()).isZero();
    });
  }

  @Test
  @DisplayName("failed and never closed, after the time to settle is over")
  void neverClosed() {
    source.connects(c -> c.event(1, "a").event(2, "b").lose(ScriptedFailure.fatal("no")));
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      stream.next();
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
      store.fail(Call.SAVE, 1_000_000);
      a.ack();
      runtime.sleep(Duration.ofSeconds(6));
      assertThat(runtime.pendingTimers()).isZero();
    });
  }

  @Test
  @DisplayName("closed after a failure of a server-tracked stream")
  void serverTracked() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime)
            .connects(c -> c.event(1, "a").lose(ScriptedFailure.fatal("no")));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
      stream.next();
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
      assertThat(runtime.pendingTimers()).isPositive();
      stream.close(TIMEOUT);
      assertThat(runtime.pendingTimers()).isZero();
    });
  }
}
