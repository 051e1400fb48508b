package dev.perennial.testkit.engine;

import static dev.perennial.testkit.engine.EngineFixture.assertFailed;
import static dev.perennial.testkit.engine.EngineFixture.saves;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.AckMode;
import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.Recovery;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class CheckpointTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final ScriptedFailure CUT = ScriptedFailure.retry("cut");

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final ScriptedClientSource<String> source =
      new ScriptedClientSource<String>(runtime).connects(EngineFixture::abc);

  private Checkpoints checkpoints() {
    return Checkpoints.in(store, "orders");
  }

  private EventStream<String> open(Checkpoints checkpoints) {
    return EventStream.from(source, checkpoints).runtime(runtime).open();
  }

  private List<String> saved() {
    return saves(store);
  }

  private void saved(String position) {
    store.put("orders", new Checkpoint("scripted", "", position));
  }

  @Nested
  @DisplayName("Invariant 2: a saved checkpoint never passes an unacked event and never moves back")
  class Watermark {

    @Test
    @DisplayName("acks in any order move it only up to the first unacked event")
    void outOfOrder() {
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints().every(1, Duration.ofHours(1)));
        Delivery<String> a = stream.next();
        Delivery<String> b = stream.next();
        Delivery<String> c = stream.next();
        c.ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0");
        a.ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "1");
        b.ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "1", "3");
        b.ack();
        a.ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "1", "3");
      });
    }

    @Test
    @DisplayName("it does not pass a nacked event until the next attempt is acked")
    void nacked() {
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints().every(1, Duration.ofHours(1)));
        stream.next().nack();
        Delivery<String> again = stream.next();
        stream.next().ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0");
        again.ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "2");
      });
    }

    @Test
    @DisplayName("a progress counts after everything before it is acked")
    void progress() {
      ScriptedClientSource<String> moving =
          new ScriptedClientSource<String>(runtime)
              .connects(c -> c.progress(5).event(6, "a").progress(9).event(10, "b"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(moving, checkpoints().every(1, Duration.ofHours(1)))
                .runtime(runtime)
                .open();
        Delivery<String> a = stream.next();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "5");
        stream.next();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "5");
        a.ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "5", "9");
        assertThat(a.position()).isEqualTo(new ScriptedPosition(6));
      });
    }

    @Test
    @DisplayName(
        "the position of a restart counts after all events before it and the notice are acked")
    void restart() {
      ScriptedClientSource<String> losing =
          new ScriptedClientSource<String>(runtime)
              .recovers((lost, cause) -> Recovery.restart(new ScriptedPosition(100), "gap"))
              .connects(c -> c.event(1, "a").lose(ScriptedFailure.positionLost("gone")))
              .connects(c -> c.event(101, "b"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(losing, checkpoints().every(1, Duration.ofHours(1)))
                .runtime(runtime)
                .open();
        Delivery<String> a = stream.next();
        Delivery<String> gap = stream.next();
        stream.next().ack();
        gap.ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0");
        a.ack();
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "101");
      });
    }

    @Test
    @DisplayName(
        "a save happens after the configured number of acks or interval, and covers all acks until then")
    void cadence() {
      ScriptedClientSource<String> many =
          new ScriptedClientSource<String>(runtime)
              .connects(c -> {
                for (int i = 1; i <= 30; i++) {
                  c.event(i, "e" + i);
                }
              });
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(many, checkpoints().every(10, Duration.ofSeconds(2)))
                .runtime(runtime)
                .open();
        for (int i = 1; i <= 10; i++) {
          stream.next().ack();
        }
        runtime.sleep(Duration.ofMillis(10));
        assertThat(saved()).containsExactly("0", "10");
        stream.next().ack();
        runtime.sleep(Duration.ofMillis(2_100));
        assertThat(saved()).containsExactly("0", "10", "11");
        store.takes(Duration.ofSeconds(1));
        for (int i = 12; i <= 30; i++) {
          stream.next().ack();
        }
        assertThat(stream.close(TIMEOUT).checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
        assertThat(saved()).endsWith("30");
        assertThat(saved().size()).isLessThanOrEqualTo(6);
        assertThat(stream.stats().lastSave()).isPresent();
      });
    }
  }

  @Nested
  @DisplayName("Invariant 3: the start is saved before the stream connects")
  class Start {

    @Test
    @DisplayName("a crash before the first ack loses nothing")
    void savedFirst() {
      source.start(40);
      runtime.run(() -> {
        store.takes(Duration.ofSeconds(2));
        EventStream<String> stream = open(checkpoints());
        assertThat(stream.next(Duration.ofSeconds(5))).isEmpty();
        assertThat(source.connects()).isEmpty();
        stream.next();
        assertThat(saved()).containsExactly("40");
        assertThat(source.connects().get(0).at()).isAfterOrEqualTo(store.saves().get(0).at());
      });
    }

    @Test
    @DisplayName("a start that cannot be saved fails the stream before it connects")
    void cannotBeSaved() {
      store.fail(Call.SAVE, 1_000_000);
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints().tolerateOutage(Duration.ofSeconds(20)));
        assertFailed("checkpoint", stream::next);
        assertThat(runtime.elapsed()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(21));
        assertThat(source.connects()).isEmpty();
      });
    }

    @Test
    @DisplayName("a call of start() that throws is a failed attempt and is retried")
    void startFails() {
      source.startFails(CUT);
      runtime.run(() -> {
        open(checkpoints()).next();
        assertThat(source.starts()).isEqualTo(2);
      });
    }

    @Test
    @DisplayName(
        "a checkpoint takes precedence over the start, and the listener gets a configured start")
    void checkpointBeforeStart() {
      saved("2");
      source.configuredStart("now");
      List<StreamListener.StartOverridden> events = new ArrayList<>();
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, checkpoints())
                .listener(
                    new StreamListener() {
                      @Override
                      public void onStartOverridden(StartOverridden overridden) {
                        events.add(overridden);
                      }
                    })
                .runtime(runtime)
                .open();
        stream.next();
        assertThat(source.connects().get(0).after()).contains(new ScriptedPosition(2));
        assertThat(source.starts()).isZero();
        assertThat(events)
            .singleElement()
            .satisfies(overridden -> {
              assertThat(overridden.checkpoint()).isEqualTo(new ScriptedPosition(2));
              assertThat(overridden.configuredStart()).isEqualTo("now");
            });
      });
    }

    @Test
    @DisplayName("startAfresh() begins at the start and overwrites even a corrupt checkpoint")
    void afresh() {
      store.corrupt("orders");
      source.start(7);
      runtime.run(() -> {
        open(checkpoints().startAfresh()).next();
        assertThat(source.connects().get(0).after()).contains(new ScriptedPosition(7));
        assertThat(saved()).containsExactly("7");
      });
    }
  }

  @Nested
  @DisplayName(
      "Invariant 4: after a crash, at most the window and the acks since the last save repeat")
  class Crash {

    @Test
    @DisplayName("the next stream resumes at the last save")
    void resumes() {
      runtime.run(() -> {
        EventStream<String> crashed = open(checkpoints().every(1, Duration.ofHours(1)));
        crashed.next().ack();
        runtime.sleep(Duration.ofSeconds(1));
        crashed.next();
        store.expireClaim("orders");

        ScriptedClientSource<String> again =
            new ScriptedClientSource<String>(runtime).connects(c -> c.event(2, "b"));
        EventStream<String> next = EventStream.from(again, checkpoints()).runtime(runtime).open();
        assertThat(next.next().event()).isEqualTo("b");
        assertThat(again.connects().get(0).after()).contains(new ScriptedPosition(1));
      });
    }
  }

  @Nested
  @DisplayName("A checkpoint that cannot be used")
  class Unusable {

    @Test
    @DisplayName("a corrupt checkpoint fails the stream, which does not start without it")
    void corrupt() {
      saved("2");
      store.corrupt("orders");
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints());
        assertFailed("checkpoint", stream::next);
        assertThat(source.connects()).isEmpty();
        assertThat(saved()).isEmpty();
      });
    }

    @Test
    @DisplayName("a checkpoint of another source or of other settings fails the stream")
    void mismatch() {
      store.put("orders", new Checkpoint("another", "", "2"));
      runtime.run(() ->
          assertThatThrownBy(() -> open(checkpoints()).next())
              .hasMessageContaining("\"orders\"")
              .hasMessageContaining("another")
              .hasMessageContaining("startAfresh()"));
      store.put("orders", new Checkpoint("scripted", "other settings", "2"));
      VirtualRuntime second = new VirtualRuntime(2);
      second.run(() ->
          assertFailed(
              "checkpoint",
              () ->
                  EventStream.from(
                          new ScriptedClientSource<String>(second),
                          Checkpoints.in(
                              CheckpointStore.of(
                                  id ->
                                      Optional.of(
                                          new Checkpoint("scripted", "other settings", "2")),
                                  (id, saved) -> {}),
                              "orders"))
                      .runtime(second)
                      .open()
                      .next()));
    }
  }

  @Nested
  @DisplayName("Failures of the store")
  class Outage {

    @Test
    @DisplayName("a failed save is reported and retried, and nothing is lost")
    void retried() {
      List<StreamListener.CheckpointSaveFailed> events = new ArrayList<>();
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, checkpoints().every(1, Duration.ofHours(1)))
                .listener(
                    new StreamListener() {
                      @Override
                      public void onCheckpointSaveFailed(CheckpointSaveFailed failed) {
                        events.add(failed);
                      }
                    })
                .runtime(runtime)
                .open();
        Delivery<String> a = stream.next();
        store.fail(Call.SAVE, 2);
        a.ack();
        runtime.sleep(Duration.ofSeconds(3));
        assertThat(events).hasSize(2);
        assertThat(saved()).containsExactly("0", "1");
      });
    }

    @Test
    @DisplayName("a save that hangs for longer than tolerated fails the stream")
    void hangs() {
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints().every(1, Duration.ofHours(1)));
        Delivery<String> a = stream.next();
        store.hang(Call.SAVE);
        Duration before = runtime.elapsed();
        a.ack();
        stream.next();
        stream.next();
        assertFailed("checkpoint", stream::next);
        assertThat(runtime.elapsed().minus(before))
            .isBetween(Duration.ofSeconds(60), Duration.ofSeconds(61));
        assertThat(stream.state()).isEqualTo(StreamState.FAILED);
        assertThat(store.isClaimed("orders")).isTrue();
        assertThat(source.hasOpenConnection()).isFalse();

        Duration closing = runtime.elapsed();
        CloseReport report = stream.close(Duration.ofSeconds(2));
        assertThat(runtime.elapsed().minus(closing)).isLessThan(Duration.ofMillis(2_100));
        assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.NOT_SAVED);
        assertThat(store.isClaimed("orders")).isTrue();
        store.release(Call.SAVE);
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(saved()).containsExactly("0", "1");
        assertThat(store.isClaimed("orders")).isFalse();
      });
    }

    @Test
    @DisplayName("acks of the failed stream are still saved when the store works again")
    void savedAfterFailure() {
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints().every(1, Duration.ofHours(1)));
        Delivery<String> a = stream.next();
        Delivery<String> b = stream.next();
        store.hang(Call.SAVE, Duration.ofSeconds(90));
        a.ack();
        stream.next();
        assertFailed("checkpoint", stream::next);
        assertThat(b.ack()).isTrue();
        runtime.sleep(Duration.ofSeconds(60));
        assertThat(saved()).containsExactly("0", "1", "2");
      });
    }

    @Test
    @DisplayName("a failure of the first call fails the stream at once")
    void firstContact() {
      store.fail(Call.CLAIM, 1);
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints());
        assertFailed("checkpoint", stream::next);
        assertThat(runtime.elapsed()).isLessThan(Duration.ofSeconds(1));
        stream.close();
      });
    }

    @Test
    @DisplayName(
        "an Error of the store, such as a missing class, fails the stream like an exception")
    void error() {
      NoClassDefFoundError missing = new NoClassDefFoundError("driver");
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(
                    source,
                    Checkpoints.in(
                        CheckpointStore.of(
                            id -> {
                              throw missing;
                            },
                            (id, checkpoint) -> {}),
                        "orders"))
                .runtime(runtime)
                .open();
        assertThatThrownBy(stream::next)
            .isInstanceOf(StreamFailedException.class)
            .hasCause(missing)
            .hasMessageContaining("Cannot load checkpoint \"orders\"");
      });
    }

    @Test
    @DisplayName("a claim that arrives after the stream has closed is released at once")
    void lateClaim() {
      store.hang(Call.CLAIM, Duration.ofSeconds(30));
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints());
        assertThat(stream.next(Duration.ofSeconds(1))).isEmpty();
        Duration before = runtime.elapsed();
        stream.close(Duration.ofSeconds(1));
        assertThat(runtime.elapsed().minus(before)).isLessThan(Duration.ofMillis(1_100));
        runtime.sleep(Duration.ofSeconds(60));
        assertThat(store.isClaimed("orders")).isFalse();
      });
    }
  }

  @Nested
  @DisplayName("Claims")
  class Claims {

    @Test
    @DisplayName("a second stream waits as a standby, and takes over when the first is closed")
    void standby() {
      runtime.run(() -> {
        EventStream<String> first = open(checkpoints().every(1, Duration.ofHours(1)));
        first.next().ack();
        ScriptedClientSource<String> second =
            new ScriptedClientSource<String>(runtime).connects(c -> c.event(2, "b"));
        EventStream<String> standby =
            EventStream.from(second, checkpoints()).runtime(runtime).open();
        assertThat(standby.next(Duration.ofMinutes(5))).isEmpty();
        assertThat(standby.state()).isEqualTo(StreamState.CLAIMING);
        store.fail(Call.CLAIM, 3);
        assertThat(standby.next(Duration.ofMinutes(5))).isEmpty();
        first.close();
        assertThat(standby.next(Duration.ofSeconds(2)).orElseThrow().event()).isEqualTo("b");
        assertThat(second.connects().get(0).after()).contains(new ScriptedPosition(1));
      });
    }

    @Test
    @DisplayName("a second stream fails after it has waited as long as configured")
    void waitsTooLong() {
      runtime.run(() -> {
        open(checkpoints()).next();
        for (Duration longest : List.of(Duration.ZERO, Duration.ofSeconds(5))) {
          EventStream<String> second =
              EventStream.from(
                      new ScriptedClientSource<String>(runtime),
                      checkpoints().waitForClaim(longest))
                  .runtime(runtime)
                  .open();
          Duration before = runtime.elapsed();
          assertFailed("checkpoint", second::next);
          assertThat(runtime.elapsed().minus(before)).isBetween(longest, longest.plusMillis(50));
        }
      });
    }

    @Test
    @DisplayName(
        "a lost claim fails the stream at once, even while it waits for an event, and nothing more is saved")
    void lost() {
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints().every(1, Duration.ofHours(1)));
        Delivery<String> a = stream.next();
        stream.next();
        stream.next();
        SimulatedThread other =
            runtime.spawn(
                "other stream",
                () -> {
                  runtime.sleep(Duration.ofSeconds(1));
                  store.loseClaim("orders");
                });
        Duration before = runtime.elapsed();
        assertFailed("claim-lost", stream::next)
            .hasMessageContaining("The claim on checkpoint \"orders\" is not held any more")
            .hasCauseInstanceOf(CheckpointException.class);
        assertThat(runtime.elapsed().minus(before)).isLessThan(Duration.ofMillis(1_100));
        other.join();
        a.ack();
        runtime.sleep(Duration.ofSeconds(5));
        assertThat(saved()).containsExactly("0");
        assertThat(stream.close(TIMEOUT).checkpoint()).isEqualTo(CheckpointOutcome.NOT_SAVED);
      });
    }

    @Test
    @DisplayName("a save that reports a lost claim fails the stream")
    void lostAtSave() {
      runtime.run(() -> {
        EventStream<String> stream = open(checkpoints().every(1, Duration.ofHours(1)));
        Delivery<String> a = stream.next();
        store.fail(Call.SAVE, 1, CheckpointException.claimLost("fenced off", null));
        a.ack();
        stream.next();
        stream.next();
        assertFailed("claim-lost", stream::next);
      });
    }

    @Test
    @DisplayName(
        "a stream that lost its claim and was closed by its listener does not look complete")
    void failureIsThrown() {
      AtomicReference<EventStream<String>> opened = new AtomicReference<>();
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, checkpoints())
                .listener(
                    new StreamListener() {
                      @Override
                      public void onTransition(Transition transition) {
                        if (transition.to() == StreamState.FAILED) {
                          opened.get().close();
                        }
                      }
                    })
                .runtime(runtime)
                .open();
        opened.set(stream);
        runtime.spawn(
            "other stream",
            () -> {
              runtime.sleep(Duration.ofSeconds(1));
              store.loseClaim("orders");
            });
        assertFailed("claim-lost", () -> stream.consume(delivery -> {}));
        assertFailed("claim-lost", () -> stream.iterator().hasNext());
        assertThatThrownBy(stream::next)
            .isInstanceOf(StreamClosedException.class)
            .hasCauseInstanceOf(StreamFailedException.class);
      });
    }

    @Test
    @DisplayName("a standby whose claim hangs fails after it has waited as long as configured")
    void claimHangs() {
      runtime.run(() -> {
        open(checkpoints()).next();
        EventStream<String> second =
            EventStream.from(
                    new ScriptedClientSource<String>(runtime),
                    checkpoints().waitForClaim(Duration.ofSeconds(10)))
                .runtime(runtime)
                .open();
        assertThat(second.next(Duration.ofMillis(1_500))).isEmpty();
        store.hang(Call.CLAIM);
        assertThatThrownBy(second::next)
            .isInstanceOf(StreamFailedException.class)
            .hasMessageContaining("waitForClaim");
        assertThat(runtime.elapsed()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(11));
      });
    }

    @Test
    @DisplayName("a close inside the store's report of a lost claim does not wait for the store")
    void closeFromLost() {
      AtomicReference<EventStream<String>> opened = new AtomicReference<>();
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, checkpoints())
                .listener(
                    new StreamListener() {
                      @Override
                      public void onTransition(Transition transition) {
                        if (transition.to() == StreamState.FAILED) {
                          opened.get().close();
                        }
                      }
                    })
                .runtime(runtime)
                .open();
        opened.set(stream);
        stream.next().ack();
        Duration before = runtime.elapsed();
        store.loseClaim("orders");
        assertThat(runtime.elapsed().minus(before)).isLessThan(Duration.ofMillis(50));
        assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      });
    }

    @Test
    @DisplayName("a close inside the listener of a save waits neither for it nor for the last save")
    void closeFromSaved() {
      AtomicReference<EventStream<String>> opened = new AtomicReference<>();
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, checkpoints().every(1, Duration.ofHours(1)))
                .listener(
                    new StreamListener() {
                      @Override
                      public void onCheckpointSaved(CheckpointSaved saved) {
                        if (!saved.position().equals(new ScriptedPosition(0))) {
                          opened.get().close();
                        }
                      }
                    })
                .runtime(runtime)
                .open();
        opened.set(stream);
        stream.next().ack();
        assertThatThrownBy(
                () -> {
                  while (true) {
                    stream.next().ack();
                  }
                })
            .isInstanceOf(StreamClosedException.class);
        runtime.sleep(Duration.ofSeconds(1));
        assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
        assertThat(store.isClaimed("orders")).isFalse();
      });
    }
  }

  @Test
  @DisplayName("close saves the last acks and releases the claim")
  void close() {
    runtime.run(() -> {
      EventStream<String> stream = open(checkpoints());
      stream.next().ack();
      stream.next().ack();
      Delivery<String> c = stream.next();
      CloseReport report = stream.close(TIMEOUT);
      assertThat(report.unacked()).isEqualTo(1);
      assertThat(report.oldestUnacked()).contains(c.position());
      assertThat(report.unsent()).isZero();
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(report.saveError()).isEmpty();
      assertThat(saved()).containsExactly("0", "2");
      assertThat(store.isClaimed("orders")).isFalse();
    });
  }

  @Test
  @DisplayName("close saves all acks even if a handler runs longer, and then closes the source")
  void closeWhileHandling() {
    store.takes(Duration.ofMillis(30));
    runtime.run(() -> {
      EventStream<String> stream = open(checkpoints().every(1_000, Duration.ofHours(1)));
      stream.next().ack();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer", () -> stream.consume(delivery -> runtime.sleep(Duration.ofMinutes(1))));
      runtime.sleep(Duration.ofSeconds(1));
      assertThat(stream.close(TIMEOUT).checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(saved()).endsWith("1");
      consumer.join();
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName("close returns as soon as the last save is done")
  void closeWhileSaving() {
    runtime.run(() -> {
      EventStream<String> stream = open(checkpoints().every(1_000, Duration.ofHours(1)));
      stream.next().ack();
      store.takes(Duration.ofMillis(30));
      Duration before = runtime.elapsed();
      assertThat(stream.close(TIMEOUT).checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(runtime.elapsed().minus(before)).isLessThan(Duration.ofMillis(200));
    });
  }

  @Test
  @DisplayName("close ends the wait for a claim at once")
  void closeClaiming() {
    runtime.run(() -> {
      open(checkpoints()).next();
      EventStream<String> standby =
          EventStream.from(new ScriptedClientSource<String>(runtime), checkpoints())
              .runtime(runtime)
              .open();
      SimulatedThread puller =
          runtime.spawn(
              "puller",
              () -> assertThatThrownBy(standby::next).isInstanceOf(StreamClosedException.class));
      runtime.sleep(Duration.ofSeconds(3));
      Duration before = runtime.elapsed();
      standby.close();
      assertThat(runtime.elapsed().minus(before)).isLessThan(Duration.ofMillis(50));
      puller.join();
    });
  }

  @Test
  @DisplayName("with ON_RECEIPT a batch is acked as a whole, and saved")
  void onReceipt() {
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, checkpoints().every(1, Duration.ofHours(1)))
              .acks(AckMode.ON_RECEIPT)
              .runtime(runtime)
              .open();
      assertThat(stream.poll(3, TIMEOUT).size()).isEqualTo(3);
      stream.close();
      assertThat(saved()).endsWith("3");
    });
  }

  @Nested
  @DisplayName("The report of a close contains the reason why the newest checkpoint is not saved")
  class Reason {

    private CloseReport closeReport(EventStream<String> stream, Duration most) {
      Duration before = runtime.elapsed();
      CloseReport report = stream.close(TIMEOUT);
      assertThat(runtime.elapsed().minus(before)).isLessThanOrEqualTo(most);
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.NOT_SAVED);
      return report;
    }

    private EventStream<String> live() throws InterruptedException {
      EventStream<String> stream = open(checkpoints().every(1_000, Duration.ofHours(1)));
      stream.next().ack();
      return stream;
    }

    @Test
    @DisplayName("the store was closed before its stream: at once")
    void storeClosed() {
      runtime.run(() -> {
        EventStream<String> stream = live();
        store.close();
        CloseReport report = closeReport(stream, Duration.ofMillis(50));
        assertThat(report.saveError())
            .containsInstanceOf(CheckpointException.class)
            .get()
            .extracting(error -> ((CheckpointException) error).reason())
            .isEqualTo(CheckpointException.Reason.CLOSED);
      });
    }

    @Test
    @DisplayName("the store was down until the timeout")
    void storeDown() {
      CheckpointException down = CheckpointException.unavailable("connection refused", null);
      runtime.run(() -> {
        EventStream<String> stream = live();
        store.fail(Call.SAVE, 1_000_000, down);
        assertThat(closeReport(stream, TIMEOUT).saveError()).containsSame(down);
      });
    }

    @Test
    @DisplayName("the claim was lost: at once")
    void claimLost() {
      runtime.run(() -> {
        EventStream<String> stream = live();
        store.loseClaim("orders");
        CloseReport report = closeReport(stream, Duration.ofMillis(50));
        assertThat(report.saveError().orElseThrow()).hasMessageContaining("not held any more");
      });
    }

    @Test
    @DisplayName("the store did not reply before the timeout")
    void timeout() {
      runtime.run(() -> {
        EventStream<String> stream = live();
        store.hang(Call.SAVE);
        assertThat(closeReport(stream, TIMEOUT).saveError())
            .containsInstanceOf(TimeoutException.class)
            .get()
            .extracting(Throwable::getMessage)
            .asString()
            .contains("\"orders\"");
      });
    }

    @Test
    @DisplayName("no reason if it is saved or there is none")
    void saved() {
      runtime.run(() -> {
        assertThat(live().close(TIMEOUT).saveError()).isEmpty();
        EventStream<String> fresh =
            EventStream.from(new ScriptedClientSource<String>(runtime), checkpoints())
                .runtime(runtime)
                .open();
        CloseReport report = fresh.close(TIMEOUT);
        assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.NONE);
        assertThat(report.saveError()).isEmpty();
      });
    }
  }

  @Test
  @DisplayName(
      "a store that was closed before its stream fails it, and the message says what to do")
  void storeClosedUnderway() {
    runtime.run(() -> {
      EventStream<String> stream = open(checkpoints().every(1, Duration.ofHours(1)));
      Delivery<String> a = stream.next();
      store.close();
      a.ack();
      stream.next();
      stream.next();
      assertThatThrownBy(stream::next)
          .isInstanceOf(StreamFailedException.class)
          .hasMessageContaining("Close a stream before its store");
    });
  }

  @Test
  @DisplayName("a standby survives a load that fails once")
  void standbyLoadFails() {
    runtime.run(() -> {
      EventStream<String> first = open(checkpoints().every(1, Duration.ofHours(1)));
      first.next().ack();
      ScriptedClientSource<String> second =
          new ScriptedClientSource<String>(runtime).connects(c -> c.event(2, "b"));
      EventStream<String> standby = EventStream.from(second, checkpoints()).runtime(runtime).open();
      assertThat(standby.next(Duration.ofSeconds(3))).isEmpty();
      first.close();
      store.fail(Call.LOAD, 1);
      assertThat(standby.next().event()).isEqualTo("b");
      assertThat(second.connects().get(0).after()).contains(new ScriptedPosition(1));
    });
  }

  @Test
  @DisplayName("a claim that arrives after the stream has failed is released")
  void claimAfterFailure() {
    runtime.run(() -> {
      open(checkpoints()).next();
      EventStream<String> standby =
          EventStream.from(
                  new ScriptedClientSource<String>(runtime),
                  checkpoints().waitForClaim(Duration.ofSeconds(10)))
              .runtime(runtime)
              .open();
      assertThat(standby.next(Duration.ofMillis(1_500))).isEmpty();
      store.hang(Call.CLAIM);
      assertFailed("checkpoint", standby::next);
      store.expireClaim("orders");
      store.release(Call.CLAIM);
      runtime.sleep(Duration.ofSeconds(5));
      assertThat(store.isClaimed("orders")).isFalse();
    });
  }

  @Test
  @DisplayName("a loaded checkpoint is not saved again")
  void restored() {
    saved("2");
    runtime.run(() -> {
      EventStream<String> stream = open(checkpoints().every(1, Duration.ofMillis(10)));
      stream.next();
      runtime.sleep(Duration.ofSeconds(5));
      CloseReport report = stream.close(TIMEOUT);
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(store.calls(Call.SAVE)).isZero();
    });
  }

  @Test
  @DisplayName("acks during a save are saved in time, even without a later ack")
  void ackedDuringASave() {
    runtime.run(() -> {
      EventStream<String> stream = open(checkpoints().every(1_000, Duration.ofSeconds(1)));
      Delivery<String> a = stream.next();
      Delivery<String> b = stream.next();
      store.hang(Call.SAVE, Duration.ofSeconds(3));
      a.ack();
      // The save begins after 1 s and ends after 4 s, before b's own interval is over.
      runtime.sleep(Duration.ofMillis(3_800));
      b.ack();
      runtime.sleep(Duration.ofSeconds(4));
      assertThat(saved()).containsExactly("0", "1", "2");
    });
  }

  @Test
  @DisplayName("acks during the last save are saved before close returns")
  void ackedDuringTheLastSave() {
    runtime.run(() -> {
      EventStream<String> stream = open(checkpoints().every(1_000, Duration.ofHours(1)));
      Delivery<String> a = stream.next();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer", () -> stream.consume(delivery -> runtime.sleep(Duration.ofSeconds(4))));
      runtime.sleep(Duration.ofMillis(100));
      a.ack();
      store.takes(Duration.ofSeconds(3));
      runtime.spawn(
          "saver",
          () -> {
            runtime.sleep(Duration.ofMillis(4_500));
            assertThat(saved()).containsExactly("0", "1");
          });
      CloseReport report = stream.close(Duration.ofSeconds(8));
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(saved()).containsExactly("0", "1", "2");
      consumer.join();
    });
  }

  @Test
  @DisplayName("the waits between retries of a save start over after a save has succeeded")
  void retriesStartOver() {
    List<Duration> waits = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, checkpoints().every(1, Duration.ofHours(1)))
              .listener(
                  new StreamListener() {
                    @Override
                    public void onCheckpointSaveFailed(CheckpointSaveFailed failed) {
                      failed.retryIn().ifPresent(waits::add);
                    }
                  })
              .runtime(runtime)
              .open();
      Delivery<String> a = stream.next();
      Delivery<String> b = stream.next();
      store.fail(Call.SAVE, 6);
      a.ack();
      runtime.sleep(Duration.ofSeconds(20));
      assertThat(saved()).containsExactly("0", "1");
      store.fail(Call.SAVE, 1);
      b.ack();
      runtime.sleep(Duration.ofSeconds(20));
      assertThat(saved()).containsExactly("0", "1", "2");
      assertThat(waits).hasSize(7);
      assertThat(waits.get(5)).isGreaterThan(Duration.ofSeconds(1));
      assertThat(waits.get(6)).isLessThanOrEqualTo(Duration.ofMillis(100));
    });
  }

  @Test
  @DisplayName("acks while close waits for a handler are saved before close returns")
  void ackedWhileCloseWaits() {
    runtime.run(() -> {
      EventStream<String> stream = open(checkpoints().every(1_000, Duration.ofHours(1)));
      Delivery<String> a = stream.next();
      Delivery<String> b = stream.next();
      store.takes(Duration.ofMillis(30));
      runtime.spawn(
          "consumer", () -> stream.consume(delivery -> runtime.sleep(Duration.ofMinutes(1))));
      runtime.sleep(Duration.ofSeconds(1));
      runtime.spawn(
          "worker",
          () -> {
            runtime.sleep(Duration.ofSeconds(1));
            assertThat(a.ack()).isTrue();
            runtime.sleep(Duration.ofMillis(10));
            assertThat(b.ack()).isTrue();
          });
      CloseReport report = stream.close(TIMEOUT);
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(saved()).containsExactly("0", "1", "2");
    });
  }
}
