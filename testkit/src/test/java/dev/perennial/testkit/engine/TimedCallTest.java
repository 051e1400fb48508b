package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.port.Recovery;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("Calls with a timeout")
class TimedCallTest {

  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final ScriptedFailure CUT = ScriptedFailure.retry("cut");

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final ScriptedClientSource<String> source = new ScriptedClientSource<>(runtime);

  private EventStreamBuilder<String> builder() {
    return EventStream.from(source, Checkpoints.none())
        .backoff((failures, random) -> Duration.ofSeconds(1))
        .runtime(runtime);
  }

  @Nested
  @DisplayName("connectTimeout")
  class ConnectTimeout {

    @Test
    @DisplayName("interrupts a connect that hangs, which counts as a failed attempt and is retried")
    void connectHangs() {
      source.hangs().hangs().connects(c -> c.event(1, "a"));
      runtime.run(() -> {
        Instant before = runtime.now();
        EventStream<String> stream = builder().connectTimeout(LIMIT).open();
        assertThat(stream.next().event()).isEqualTo("a");
        assertThat(Duration.between(before, runtime.now())).isEqualTo(Duration.ofSeconds(12));
        assertThat(Thread.interrupted()).isFalse();
        source.assertNoViolations();
      });
    }

    @Test
    @DisplayName("interrupts a connect of a server-tracked source that hangs")
    void serverHangs() {
      ScriptedServerSource<String> server =
          new ScriptedServerSource<String>(runtime).hangs().connects(c -> c.event(1, "a"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(server).connectTimeout(LIMIT).runtime(runtime).open();
        assertThat(stream.next().event()).isEqualTo("a");
      });
    }

    @Test
    @DisplayName("is named in the failure, whatever the classifiers return")
    void isNamed() {
      source.startHangs();
      runtime.run(() -> {
        EventStream<String> stream = builder().connectTimeout(LIMIT).maxAttempts(2).open();
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                failure -> assertThat(failure.reason()).isEqualTo(Reason.ATTEMPTS_EXHAUSTED))
            .hasCauseInstanceOf(TimeoutException.class)
            .cause()
            .hasMessageContaining("start()")
            .hasMessageContaining("connectTimeout()")
            .hasMessageContaining("5 s");
        assertThat(source.starts()).isEqualTo(2);
      });
    }

    @Test
    @DisplayName("bounds a recovery")
    void recovers() {
      source
          .recovers((position, cause) -> {
            runtime.sleep(Duration.ofHours(1));
            return Recovery.stop();
          })
          .recovers((position, cause) -> Recovery.restart(new ScriptedPosition(10)))
          .fails(ScriptedFailure.positionLost("gone"))
          .connects(c -> c.event(11, "a"));
      runtime.run(() -> {
        Instant before = runtime.now();
        assertThat(builder().connectTimeout(LIMIT).open().next().event()).isEqualTo("a");
        assertThat(Duration.between(before, runtime.now())).isLessThan(Duration.ofMinutes(1));
      });
    }

    @Test
    @DisplayName("does not change the effect of an interrupt by the application or of a close")
    void notItsOwn() {
      source.hangs().hangs();
      runtime.run(() -> {
        EventStream<String> stream = builder().connectTimeout(Duration.ofHours(1)).open();
        SimulatedThread puller =
            runtime.spawn(
                "puller",
                () -> {
                  assertThatThrownBy(stream::next).isInstanceOf(InterruptedException.class);
                  assertThatThrownBy(stream::next).hasMessageContaining("closed");
                  assertThat(Thread.interrupted()).isFalse();
                });
        runtime.sleep(Duration.ofSeconds(1));
        puller.interrupt();
        runtime.sleep(Duration.ofSeconds(1));
        stream.close();
        puller.join();
      });
    }

    @Test
    @DisplayName("bounds how late a timed call returns")
    void late() {
      source.hangs();
      runtime.run(() -> {
        Instant before = runtime.now();
        assertThat(builder().connectTimeout(LIMIT).open().next(Duration.ofMillis(100))).isEmpty();
        assertThat(Duration.between(before, runtime.now())).isEqualTo(LIMIT);
      });
    }

    @Test
    @DisplayName("must be over zero")
    void refuses() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder().connectTimeout(Duration.ZERO));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder().connectTimeout(Duration.ofNanos(-1)));
    }
  }

  @Test
  @DisplayName("a timed call does not connect if start() has used up its time")
  void afterStart() {
    source.startTakes(Duration.ofMillis(200)).hangs();
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      assertThat(stream.next(Duration.ofMillis(100))).isEmpty();
      assertThat(source.connects()).isEmpty();
    });
  }

  @Test
  @DisplayName("a timed call does not connect if a recovery has used up its time")
  void afterRecovery() {
    source
        .recovers((position, cause) -> {
          runtime.sleep(Duration.ofSeconds(2));
          return Recovery.restart(new ScriptedPosition(10));
        })
        .fails(ScriptedFailure.positionLost("gone"))
        .hangs();
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      assertThat(stream.poll(1, Duration.ofSeconds(2)).size()).isZero();
      assertThat(source.connects()).hasSize(1);
    });
  }

  @Test
  @DisplayName("a timed call does not connect if saving the start has used up its time")
  void afterSave() {
    store.takes(Duration.ofMillis(100));
    source.hangs();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.in(store, "orders")).runtime(runtime).open();
      // Claiming, loading and saving take 100 ms each.
      assertThatThrownBy(() -> stream.awaitLive(Duration.ofMillis(300)))
          .isInstanceOf(TimeoutException.class);
      assertThat(source.connects()).isEmpty();
    });
  }

  @Test
  @DisplayName("many calls make progress together, even with a timeout of zero")
  void progress() {
    source.fails(CUT).connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.in(store, "orders")).runtime(runtime).open();
      for (int calls = 0; stream.state() != StreamState.LIVE; calls++) {
        assertThat(calls).isLessThan(100);
        assertThat(stream.next(Duration.ZERO)).isEmpty();
        runtime.sleep(Duration.ofMillis(100));
      }
      assertThat(stream.next(Duration.ZERO)).isPresent();
    });
  }

  @Test
  @DisplayName("many calls of awaitLive make progress together, even with a timeout of zero")
  void awaitLiveProgress() {
    source.fails(CUT).connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      int calls = 0;
      while (stream.state() != StreamState.LIVE) {
        assertThat(calls++).isLessThan(100);
        try {
          stream.awaitLive(Duration.ZERO);
        } catch (TimeoutException e) {
          runtime.sleep(Duration.ofMillis(100));
        }
      }
      stream.awaitLive(Duration.ZERO);
    });
  }

  @Nested
  @DisplayName("The exception of awaitLive names what it waited for, and the last error of that")
  class AwaitedTarget {

    private void assertLate(EventStream<String> stream, String words, String error) {
      assertThatThrownBy(() -> stream.awaitLive(Duration.ofSeconds(10)))
          .isInstanceOf(TimeoutException.class)
          .hasMessageContaining("orders")
          .hasMessageContaining("10 s")
          .hasMessageContaining(words)
          .hasMessageContaining(error)
          .cause()
          .hasMessageContaining(error);
    }

    private EventStream<String> open() {
      return EventStream.from(source, Checkpoints.in(store, "orders")).runtime(runtime).open();
    }

    @Test
    @DisplayName("a save of the start that keeps failing")
    void save() {
      store.fail(
          Call.SAVE,
          1_000,
          dev.perennial.port.CheckpointException.unavailable("no space left on device", null));
      runtime.run(() -> assertLate(open(), "saved", "no space left on device"));
    }

    @Test
    @DisplayName("a claim that keeps failing, or that another stream holds")
    void claim() {
      runtime.run(() -> {
        EventStream<String> owner =
            EventStream.from(
                    new ScriptedClientSource<String>(runtime), Checkpoints.in(store, "orders"))
                .runtime(runtime)
                .open();
        owner.awaitLive(Duration.ofSeconds(1));
        EventStream<String> standby = open();
        assertThatThrownBy(() -> standby.awaitLive(Duration.ofSeconds(10)))
            .isInstanceOf(TimeoutException.class)
            .hasNoCause()
            .hasMessageContaining("claim");
        store.fail(
            Call.CLAIM,
            1_000,
            dev.perennial.port.CheckpointException.unavailable("the disk is gone", null));
        assertLate(standby, "claim", "the disk is gone");
        store.heal();
        assertThatThrownBy(() -> standby.awaitLive(Duration.ofSeconds(10))).hasNoCause();
        owner.close();
        standby.awaitLive(Duration.ofSeconds(10));
      });
    }

    @Test
    @DisplayName("a connection, even after the checkpoint failed")
    void connection() {
      store.fail(
          Call.SAVE, 2, dev.perennial.port.CheckpointException.unavailable("disk full", null));
      source.thereafter(connect -> dev.perennial.testkit.ConnectAnswer.fails(CUT));
      runtime.run(() ->
          assertThatThrownBy(() -> open().awaitLive(Duration.ofSeconds(20)))
              .hasMessageContaining("connection to scripted")
              .hasCause(CUT));
    }

    @Test
    @DisplayName("a connection, even while acks are unsaved")
    void connectionBeforeSave() {
      source
          .connects(c -> c.event(1, "a").lose(CUT))
          .thereafter(connect -> dev.perennial.testkit.ConnectAnswer.fails(CUT));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(
                    source, Checkpoints.in(store, "orders").every(1_000, Duration.ofHours(1)))
                .runtime(runtime)
                .open();
        stream.next().ack();
        assertThat(stream.next(Duration.ofSeconds(1))).isEmpty();
        assertThatThrownBy(() -> stream.awaitLive(Duration.ofSeconds(20)))
            .hasMessageContaining("connection to scripted")
            .hasCause(CUT);
      });
    }
  }
}
