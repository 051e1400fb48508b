package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamInterruptedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Invariant 7: close is terminal, idempotent and prompt in every state")
class CloseTest {

  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedClientSource<String> source = new ScriptedClientSource<>(runtime);

  private EventStream<String> open() {
    return EventStream.from(source, Checkpoints.none()).runtime(runtime).open();
  }

  /** Starts a thread that pulls until the stream is closed. */
  private SimulatedThread puller(EventStream<String> stream) {
    return runtime.spawn(
        "puller",
        () -> {
          try {
            while (true) {
              stream.next();
            }
          } catch (StreamClosedException e) {
            // The expected end.
          }
        });
  }

  private Duration timeOf(Runnable call) {
    Duration before = runtime.elapsed();
    call.run();
    return runtime.elapsed().minus(before);
  }

  private void closesWithin(Duration most, StreamState in) {
    runtime.run(() -> {
      EventStream<String> stream = open();
      SimulatedThread puller = puller(stream);
      runtime.sleep(Duration.ofSeconds(3));
      assertThat(stream.state()).isEqualTo(in);
      assertThat(timeOf(() -> stream.close(TIMEOUT))).isLessThanOrEqualTo(most);
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      puller.join();
      assertThat(source.isClosed()).isTrue();
      assertThat(source.hasOpenConnection()).isFalse();
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName("before the first call")
  void fresh() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      assertThat(timeOf(stream::close)).isLessThan(SOON);
      assertThat(source.connects()).isEmpty();
      assertThat(source.isClosed()).isTrue();
      assertThatThrownBy(stream::next).isInstanceOf(StreamClosedException.class);
      assertThatThrownBy(() -> stream.poll(1, SOON)).isInstanceOf(StreamClosedException.class);
      assertThatThrownBy(() -> stream.awaitLive(SOON)).isInstanceOf(StreamClosedException.class);
      assertThat(stream.iterator().hasNext()).isFalse();
      stream.consume(delivery -> {});
    });
  }

  @Test
  @DisplayName("during a backoff")
  void backingOff() {
    source.fails(ScriptedFailure.retryAfter(Duration.ofHours(1), "later"));
    closesWithin(SOON, StreamState.BACKING_OFF);
  }

  @Test
  @DisplayName("while the stream waits for an event")
  void receiving() {
    closesWithin(SOON, StreamState.LIVE);
  }

  @Test
  @DisplayName("while the stream waits for an event on a connection that ignores wakeUp")
  void receivingWithoutWakeUp() {
    source.connects(c -> c.ignoresWakeUp());
    closesWithin(Duration.ofMillis(600), StreamState.LIVE);
  }

  @Test
  @DisplayName("while receive hangs, which is interrupted at half the timeout")
  void hangingReceive() {
    source.connects(c -> c.ignoresWakeUp().hang());
    closesWithin(Duration.ofMillis(2_600), StreamState.LIVE);
  }

  @Test
  @DisplayName("while connect hangs, which is interrupted after 1 s")
  void hangingConnect() {
    source.hangs();
    closesWithin(Duration.ofMillis(1_100), StreamState.CONNECTING);
  }

  @Test
  @DisplayName("while start hangs, which is interrupted after 1 s")
  void hangingStart() {
    source.startHangs();
    closesWithin(Duration.ofMillis(1_100), StreamState.CONNECTING);
  }

  @Test
  @DisplayName(
      "at the timeout while a driver ignores the interrupt; its thread closes the connection later")
  void ignoredInterrupt() {
    AtomicReference<EventStream<String>> opened = new AtomicReference<>();
    source.answers(connect -> {
      Duration until = runtime.elapsed().plusSeconds(20);
      while (runtime.elapsed().compareTo(until) < 0) {
        try {
          runtime.sleep(Duration.ofSeconds(1));
        } catch (InterruptedException e) {
          // Ignored on purpose.
        }
      }
      return dev.perennial.testkit.ConnectAnswer.connects(c -> c.event(1, "a"));
    });
    runtime.run(() -> {
      EventStream<String> stream = open();
      opened.set(stream);
      SimulatedThread puller = puller(stream);
      runtime.sleep(Duration.ofSeconds(3));
      assertThat(timeOf(() -> stream.close(TIMEOUT))).isBetween(TIMEOUT, TIMEOUT.plus(SOON));
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(source.isClosed()).isFalse();
      puller.join();
      assertThat(source.isClosed()).isTrue();
      assertThat(source.hasOpenConnection()).isFalse();
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName("at the timeout while the close of the connection hangs")
  void hangingClose() {
    source.connects(c -> c.closeHangs());
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.awaitLive(TIMEOUT);
      assertThat(timeOf(() -> stream.close(Duration.ofSeconds(2))))
          .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(2).plus(SOON));
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
    });
  }

  @Test
  @DisplayName("while the window is full")
  void windowFull() {
    source.connects(c -> c.event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none()).window(1).runtime(runtime).open();
      SimulatedThread puller = puller(stream);
      runtime.sleep(Duration.ofSeconds(3));
      assertThat(timeOf(stream::close)).isLessThan(SOON);
      puller.join();
    });
  }

  @Test
  @DisplayName("close waits for a running handler, acks its event, and never interrupts it")
  void handlerRunning() {
    source.connects(c -> c.event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<String> handled = new ArrayList<>();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () ->
                  stream.consume(delivery -> {
                    runtime.sleep(Duration.ofSeconds(4));
                    handled.add(delivery.event());
                  }));
      runtime.sleep(Duration.ofSeconds(1));
      CloseReport report = stream.close(TIMEOUT);
      assertThat(handled).containsExactly("a");
      assertThat(report.unacked()).isZero();
      consumer.join();
    });
  }

  @Test
  @DisplayName("consume() ends as for any closed stream if the handler also interrupts its thread")
  void closedAndInterrupted() {
    source.connects(c -> c.event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<String> handled = new ArrayList<>();
      stream.consume(delivery -> {
        handled.add(delivery.event());
        stream.close(TIMEOUT);
        Thread.currentThread().interrupt();
      });
      assertThat(Thread.interrupted()).isTrue();
      assertThat(handled).containsExactly("a");
    });
  }

  @Test
  @DisplayName("close does not wait for a handler beyond the timeout, and its event stays unacked")
  void handlerTooSlow() {
    source.connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      AtomicBoolean ended = new AtomicBoolean();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () ->
                  stream.consume(delivery -> {
                    runtime.sleep(Duration.ofSeconds(60));
                    ended.set(true);
                  }));
      runtime.sleep(Duration.ofSeconds(1));
      CloseReport[] report = new CloseReport[1];
      assertThat(timeOf(() -> report[0] = stream.close(TIMEOUT)))
          .isBetween(TIMEOUT, TIMEOUT.plus(SOON));
      assertThat(report[0].unacked()).isEqualTo(1);
      assertThat(source.hasOpenConnection()).isFalse();
      consumer.join();
      assertThat(ended).isTrue();
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName("inside a handler, close does not wait for the handler")
  void fromHandler() {
    source.connects(c -> c.event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<String> handled = new ArrayList<>();
      stream.consume(delivery -> {
        handled.add(delivery.event());
        assertThat(timeOf(stream::close)).isLessThan(SOON);
        assertThat(timeOf(stream::close)).isLessThan(SOON);
      });
      assertThat(handled).containsExactly("a");
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName("inside a listener, at each transition")
  void fromListener() {
    for (StreamState at :
        List.of(
            StreamState.CONNECTING, StreamState.LIVE, StreamState.BACKING_OFF, StreamState.ENDED)) {
      VirtualRuntime time = new VirtualRuntime(1);
      ScriptedClientSource<String> scripted =
          new ScriptedClientSource<String>(time)
              .connects(c -> c.event(1, "a").lose(ScriptedFailure.retry("cut")))
              .connects(c -> c.end());
      time.run(() -> {
        AtomicReference<EventStream<String>> opened = new AtomicReference<>();
        EventStream<String> stream =
            EventStream.from(scripted, Checkpoints.none())
                .runtime(time)
                .listener(
                    new StreamListener() {
                      @Override
                      public void onTransition(Transition transition) {
                        if (transition.to() == at) {
                          opened.get().close();
                        }
                      }
                    })
                .open();
        opened.set(stream);
        stream.consume(delivery -> {});
        assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
        assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(2));
        assertThat(scripted.hasOpenConnection()).isFalse();
        assertThat(scripted.isClosed()).isTrue();
        scripted.assertNoViolations();
      });
    }
  }

  @Test
  @DisplayName("concurrent and later calls of close return the same report")
  void idempotent() {
    source.connects(c -> c.event(1, "a").event(2, "b").closeTakes(Duration.ofSeconds(1)));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.next();
      List<CloseReport> reports = new ArrayList<>();
      List<SimulatedThread> closers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        closers.add(runtime.spawn("closer", () -> reports.add(stream.close(TIMEOUT))));
      }
      for (SimulatedThread closer : closers) {
        closer.join();
      }
      reports.add(stream.close(Duration.ZERO));
      assertThat(reports).hasSize(4).containsOnly(reports.get(0));
      assertThat(reports.get(0).unacked()).isEqualTo(1);
      assertThat(source.closedConnections()).hasSize(1);
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName("acks during close still count and are written before the connection closes")
  void acksStillCount() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime)
            .connects(
                c -> c.event(1, "a").event(2, "b").ignoresWakeUp().hang(Duration.ofSeconds(2)));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
      Delivery<String> a = stream.next();
      stream.next();
      SimulatedThread puller = puller(stream);
      runtime.sleep(Duration.ofMillis(100));
      SimulatedThread closer =
          runtime.spawn(
              "closer",
              () -> {
                CloseReport report = stream.close(TIMEOUT);
                assertThat(report.unacked()).isEqualTo(1);
                assertThat(report.unsent()).isZero();
              });
      runtime.sleep(Duration.ofMillis(100));
      assertThat(stream.state()).isEqualTo(StreamState.CLOSING);
      assertThat(a.ack()).isTrue();
      closer.join();
      puller.join();
      assertThat(server.acks()).hasSize(1);
    });
  }

  @Test
  @DisplayName("the report counts acks that could not be written")
  void unsent() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime)
            .connects(c -> c.event(1, "a").event(2, "b").writesAcks(0));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
      stream.next().ack();
      stream.next().ack();
      assertThat(stream.close(TIMEOUT).unsent()).isEqualTo(2);
    });
  }

  @Test
  @DisplayName("the report counts acks made without a connection")
  void unsentWithoutConnection() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime)
            .connects(c -> c.event(1, "a").lose(ScriptedFailure.retry("cut")));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
      Delivery<String> a = stream.next();
      assertThat(stream.next(Duration.ofMillis(10))).isEmpty();
      assertThat(a.ack()).isTrue();
      assertThat(stream.close(TIMEOUT).unsent()).isEqualTo(1);
    });
  }

  @Test
  @DisplayName("the report counts each ack that an earlier connection had not written once")
  void unsentSinceAReconnect() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime)
            .connects(c ->
                c.event(1, "a")
                    .event(2, "b")
                    .event(3, "c")
                    .writesAcks(1)
                    .pause(Duration.ofSeconds(1))
                    .lose(ScriptedFailure.retry("cut")))
            .connects(c -> c.event(4, "d").writesAcks(0));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
      stream.next().ack();
      stream.next().ack();
      Delivery<String> c = stream.next();
      assertThat(stream.next(Duration.ofMillis(1_100))).isEmpty();
      c.ack();
      assertThat(stream.next().event()).isEqualTo("d");
      assertThat(stream.close(TIMEOUT).unsent()).isEqualTo(2);
    });
  }

  @Test
  @DisplayName("the stream does not connect if start returns during close")
  void nothingNew() {
    source.startTakes(Duration.ofMillis(300));
    runtime.run(() -> {
      EventStream<String> stream = open();
      SimulatedThread puller = puller(stream);
      runtime.sleep(Duration.ofMillis(100));
      assertThat(timeOf(stream::close)).isLessThan(Duration.ofMillis(300));
      assertThat(source.connects()).isEmpty();
      puller.join();
    });
  }

  @Test
  @DisplayName("a failed stream can be closed, and then throws StreamClosedException")
  void failed() {
    source.fails(ScriptedFailure.fatal("no"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
      stream.close();
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThatThrownBy(stream::next).isInstanceOf(StreamClosedException.class);
    });
  }

  @Test
  @DisplayName("an interrupt of the closing thread does not shorten the close, and is kept")
  void interruptedCloser() {
    source.connects(c -> c.event(1, "a").closeTakes(Duration.ofSeconds(1)));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.next();
      Thread.currentThread().interrupt();
      stream.close(TIMEOUT);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(source.closedConnections()).hasSize(1);
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
    });
  }

  @Test
  @DisplayName("an interrupt of the pulling thread ends its wait, and the stream stays usable")
  void interruptedPuller() {
    source.connects(c -> c.pause(Duration.ofSeconds(10)).event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      SimulatedThread puller =
          runtime.spawn(
              "puller",
              () -> {
                assertThatThrownBy(stream::next).isInstanceOf(InterruptedException.class);
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                assertThat(stream.next().event()).isEqualTo("a");
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> stream.iterator().next())
                    .isInstanceOf(StreamInterruptedException.class);
                assertThat(Thread.interrupted()).isTrue();
                assertThat(stream.next().event()).isEqualTo("b");
              });
      runtime.sleep(Duration.ofSeconds(1));
      puller.interrupt();
      puller.join();
      assertThat(source.connects()).hasSize(1);
    });
  }

  /** Returns a listener that takes 4 s for each transition to one of the states. */
  private StreamListener slowAt(StreamState... states) {
    return new StreamListener() {
      @Override
      public void onTransition(Transition transition) {
        if (List.of(states).contains(transition.to())) {
          try {
            runtime.sleep(Duration.ofSeconds(4));
          } catch (InterruptedException e) {
            throw new AssertionError("a listener is never interrupted", e);
          }
        }
      }
    };
  }

  @Test
  @DisplayName("slow listeners do not delay close, and still get all transitions in order")
  void slowListener() {
    List<StreamState> states = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none())
              .runtime(runtime)
              .listener(slowAt(StreamState.CLOSING, StreamState.CLOSED))
              .listener(
                  new StreamListener() {
                    @Override
                    public void onTransition(Transition transition) {
                      states.add(transition.to());
                    }
                  })
              .open();
      stream.awaitLive(TIMEOUT);
      states.clear();
      assertThat(timeOf(() -> stream.close(Duration.ofSeconds(1))))
          .isLessThanOrEqualTo(Duration.ofSeconds(1));
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      runtime.sleep(Duration.ofSeconds(8));
      assertThat(states).containsExactly(StreamState.CLOSING, StreamState.CLOSED);
    });
  }

  @Test
  @DisplayName("quick listeners have been called when close returns")
  void quickListener() {
    List<StreamState> states = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none())
              .runtime(runtime)
              .listener(
                  new StreamListener() {
                    @Override
                    public void onTransition(Transition transition) {
                      states.add(transition.to());
                    }
                  })
              .open();
      stream.close();
      assertThat(states).containsExactly(StreamState.CLOSING, StreamState.CLOSED);
    });
  }

  @Test
  @DisplayName("a close inside a listener of the close returns at once")
  void againFromListener() {
    AtomicReference<EventStream<String>> opened = new AtomicReference<>();
    List<Duration> took = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none())
              .runtime(runtime)
              .listener(
                  new StreamListener() {
                    @Override
                    public void onTransition(Transition transition) {
                      took.add(timeOf(() -> opened.get().close()));
                    }
                  })
              .open();
      opened.set(stream);
      assertThat(timeOf(stream::close)).isLessThan(SOON);
      assertThat(took).hasSize(2).allMatch(each -> each.compareTo(SOON) < 0);
    });
  }

  @Test
  @DisplayName(
      "acks after the close do not count, even if a slow listener still blocks the pulling thread")
  void slowListenerInTheEngine() {
    for (Duration timeout : List.of(Duration.ZERO, Duration.ofMillis(1), Duration.ofSeconds(1))) {
      for (int seed = 1; seed <= 10; seed++) {
        slowListenerInTheEngine(timeout, seed, true);
        slowListenerInTheEngine(timeout, seed, false);
      }
    }
  }

  private static void slowListenerInTheEngine(Duration timeout, int seed, boolean clientTracked) {
    VirtualRuntime time = new VirtualRuntime(seed);
    StreamListener slow =
        new StreamListener() {
          @Override
          public void onTransition(Transition transition) {
            if (transition.to() == StreamState.BACKING_OFF) {
              try {
                time.sleep(Duration.ofSeconds(60));
              } catch (InterruptedException e) {
                throw new AssertionError("a listener is never interrupted", e);
              }
            }
          }
        };
    InMemoryCheckpointStore store = new InMemoryCheckpointStore(time);
    ScriptedFailure cut = ScriptedFailure.retry("cut");
    time.run(() -> {
      EventStream<String> stream =
          (clientTracked
                  ? EventStream.from(
                      new ScriptedClientSource<String>(time)
                          .connects(c -> c.event(1, "a").event(2, "b").lose(cut)),
                      Checkpoints.in(store, "orders").every(1, Duration.ofHours(1)))
                  : EventStream.from(
                      new ScriptedServerSource<String>(time)
                          .connects(c -> c.event(1, "a").event(2, "b").lose(cut))))
              .runtime(time)
              .listener(slow)
              .open();
      Delivery<String> a = stream.next();
      Delivery<String> b = stream.next();
      SimulatedThread puller =
          time.spawn(
              "puller",
              () -> assertThatThrownBy(stream::next).isInstanceOf(StreamClosedException.class));
      time.sleep(Duration.ofSeconds(1));
      boolean[] acked = new boolean[1];
      SimulatedThread acker = time.spawn("acker", () -> acked[0] = a.ack());
      CloseReport report = stream.close(timeout);
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(b.ack()).isFalse();
      assertThat(b.nack()).isFalse();
      acker.join();
      assertThat(report.unacked()).isEqualTo(acked[0] ? 1 : 2);
      if (clientTracked && acked[0]) {
        time.sleep(Duration.ofSeconds(1));
        boolean saved = store.checkpoint("orders").orElseThrow().position().equals("1");
        assertThat(saved || report.checkpoint() == CloseReport.CheckpointOutcome.NOT_SAVED)
            .isTrue();
      }
      puller.join();
      assertThat(stream.stats().acked()).isEqualTo(acked[0] ? 1 : 0);
    });
  }

  @Test
  @DisplayName("the application does not see the interrupt that ends a hanging call")
  void interruptDoesNotLeak() {
    source.connects(c -> c.ignoresWakeUp().hang());
    runtime.run(() -> {
      EventStream<String> stream = open();
      SimulatedThread puller =
          runtime.spawn(
              "puller",
              () -> {
                assertThatThrownBy(stream::next).isInstanceOf(StreamClosedException.class);
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
              });
      runtime.sleep(Duration.ofSeconds(1));
      stream.close(TIMEOUT);
      puller.join();
    });
  }
}
