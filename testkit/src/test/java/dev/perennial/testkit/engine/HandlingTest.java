package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.Delivery;
import dev.perennial.DeliveryHandler;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.KeyQuarantinedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The handling of events by consume()")
class HandlingTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final BackoffPolicy EACH_SECOND = (failures, random) -> SECOND;

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final List<String> log = new ArrayList<>();
  private final List<String> deadLetters = new ArrayList<>();
  private int running;
  private int mostRunning;

  /** Opens a stream of events named by a key and a number, such as a1, that ends after them. */
  private EventStream<String> open(String... events) {
    return open(1_024, events);
  }

  private EventStream<String> open(int window, String... events) {
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(runtime)
            .start(0)
            .connects(c -> {
              for (int i = 0; i < events.length; i++) {
                c.event(i + 1, events[i]);
              }
              c.end();
            });
    return EventStream.from(source, Checkpoints.in(store, "orders"))
        .window(window)
        .runtime(runtime)
        .listener(new FailureLog())
        .open();
  }

  private final class FailureLog implements StreamListener {
    @Override
    public void onHandlerFailed(HandlerFailed failed) {
      log.add(
          "failed "
              + failed.position()
              + " attempt "
              + failed.attempt()
              + (failed.events() == 1 ? "" : " of " + failed.events())
              + failed.retryIn().map(wait -> " retry").orElse(" last"));
    }

    @Override
    public void onSkipped(Skipped skipped) {
      log.add("skipped " + skipped.position() + " after " + skipped.attempts());
    }

    @Override
    public void onDeadLettered(DeadLettered dead) {
      log.add("dead " + dead.position() + " after " + dead.attempts());
    }

    @Override
    public void onDeadLetterFailed(DeadLetterFailed failed) {
      log.add("refused " + failed.position());
    }

    @Override
    public void onHandlerSlow(HandlerSlow slow) {
      log.add("slow " + slow.position() + " " + slow.key().orElse("-"));
    }

    @Override
    public void onWindowFull(WindowFull full) {
      log.add(
          "full: "
              + full.oldestUnacked().orElseThrow()
              + " key "
              + full.oldest().get(0).key().orElse("-")
              + " attempt "
              + full.oldest().get(0).attempt()
              + " "
              + full.oldest().get(0).lastError().map(Throwable::getMessage).orElse("-")
              + ", nacked "
              + full.nacked());
    }
  }

  private static String key(String event) {
    return event.substring(0, 1);
  }

  private static String saved(long position) {
    return Long.toString(position);
  }

  private String savedPosition() {
    return store.checkpoint("orders").orElseThrow().position();
  }

  /** A handler that takes a time and logs, and throws for the events that contain an x. */
  private DeliveryHandler<String> taking(Duration time) {
    return delivery -> {
      running++;
      mostRunning = Math.max(mostRunning, running);
      try {
        if (!time.isZero()) {
          runtime.sleep(time);
        }
        if (delivery.event().contains("x")) {
          throw new IOException("cannot digest " + delivery.event());
        }
        log.add(delivery.event());
      } finally {
        running--;
      }
    };
  }

  private void deadLetter(Delivery<String> delivery, Throwable error) {
    deadLetters.add(
        delivery.event()
            + " attempt "
            + delivery.attempt()
            + ": "
            + error.getClass().getSimpleName());
  }

  @Test
  @DisplayName("by default one failed attempt stops the stream, and the event stays unacked")
  void stops() {
    runtime.run(() -> {
      EventStream<String> stream = open("a1", "x1", "a2");
      assertThatExceptionOfType(StreamFailedException.class)
          .isThrownBy(() -> stream.consume(taking(Duration.ZERO)))
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.HANDLER))
          .withCauseInstanceOf(IOException.class);
      stream.close();
      assertThat(log).containsExactly("a1", "failed #2 attempt 1 last");
      assertThat(savedPosition()).isEqualTo("1");
    });
  }

  @Test
  @DisplayName("in order, a retried event holds up the later ones, and sees its last error")
  void retriesInOrder() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b", "c");
      stream.consume(
          delivery -> {
            if (delivery.event().equals("b") && delivery.attempt() < 3) {
              throw new IOException("attempt " + delivery.attempt());
            }
            log.add(
                delivery.event()
                    + delivery.lastError().map(error -> " " + error.getMessage()).orElse(""));
          },
          Handling.<String>inOrder().retry(EACH_SECOND, 3));
      assertThat(log)
          .containsExactly(
              "a", "failed #2 attempt 1 retry", "failed #2 attempt 2 retry", "b attempt 2", "c");
      assertThat(runtime.elapsed()).isBetween(SECOND.multipliedBy(2), SECOND.multipliedBy(3));
      assertThat(stream.stats().handlerFailures()).isEqualTo(2);
      assertThat(stream.close(SECOND).checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
    });
  }

  @Test
  @DisplayName("an error that a retry cannot help goes straight to the end")
  void notRetryable() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "x", "b");
      stream.consume(
          taking(Duration.ZERO),
          Handling.<String>inOrder()
              .retryForever(EACH_SECOND)
              .retryIf(error -> !(error instanceof IOException))
              .thenSkip());
      assertThat(log).containsExactly("a", "failed #2 attempt 1 last", "skipped #2 after 1", "b");
      assertThat(stream.stats().skipped()).isEqualTo(1);
      assertThat(stream.stats().acked()).isEqualTo(3);
    });
  }

  @Test
  @DisplayName("what a function of the application other than the handler throws stops the stream")
  void badPredicate() {
    for (Handling<String> handling :
        List.of(Handling.<String>inOrder(), Handling.<String>unordered(2))) {
      VirtualRuntime own = new VirtualRuntime(1);
      own.run(() -> {
        ScriptedClientSource<String> source =
            new ScriptedClientSource<String>(own).start(0).connects(c -> c.event(1, "x"));
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none()).runtime(own).open();
        assertThatExceptionOfType(StreamFailedException.class)
            .isThrownBy(() ->
                stream.consume(
                    delivery -> {
                      throw new IOException("bad");
                    },
                    handling
                        .retry(EACH_SECOND, 2)
                        .retryIf(error -> {
                          throw new IllegalStateException("broken predicate");
                        })))
            .withMessage(
                "Cannot handle the events of stream \"scripted\": broken predicate"
                    + " (IllegalStateException). The stream stopped; its unacked events come again with the next run.");
        stream.close();
      });
    }
  }

  @Test
  @DisplayName("per key, a retried event holds up only the later ones of its key")
  void perKey() {
    runtime.run(() -> {
      EventStream<String> stream = open("a1", "ax", "b1", "a2", "b2", "c1", "a3");
      stream.consume(
          taking(Duration.ZERO),
          Handling.inOrderPerKey(HandlingTest::key, 4).retry(EACH_SECOND, 2).thenSkip());
      assertThat(log.indexOf("skipped #2 after 2")).isGreaterThan(log.indexOf("b2"));
      assertThat(log.indexOf("skipped #2 after 2")).isGreaterThan(log.indexOf("c1"));
      assertThat(log.subList(log.indexOf("skipped #2 after 2"), log.size()))
          .containsExactly("skipped #2 after 2", "a2", "a3");
    });
  }

  @Test
  @DisplayName("no more handlers run at once than allowed, and those that wait hold no place")
  void concurrency() {
    runtime.run(() -> {
      String[] events = new String[40];
      for (int i = 0; i < events.length; i++) {
        events[i] = (i % 4 == 0 ? "x" : "e") + i;
      }
      EventStream<String> stream = open(events);
      stream.consume(
          taking(SECOND),
          Handling.<String>unordered(4)
              .retry((failures, random) -> Duration.ofHours(1), 2)
              .thenSkip());
      assertThat(mostRunning).isEqualTo(4);
      assertThat(log).filteredOn(line -> line.startsWith("e")).hasSize(30);
      // 40 events by 4 handlers, and then the second attempts of 10.
      assertThat(runtime.elapsed())
          .isBetween(Duration.ofHours(1), Duration.ofHours(1).plusSeconds(15));
    });
  }

  @Test
  @DisplayName("events without a key have no order, and a key function that throws fails its event")
  void keys() {
    runtime.run(() -> {
      EventStream<String> stream = open("n1", "n2", "?3", "n4");
      stream.consume(
          delivery -> {
            runtime.sleep(delivery.event().equals("n1") ? SECOND.multipliedBy(3) : SECOND);
            log.add(delivery.event());
          },
          Handling.<String>inOrderPerKey(
                  event -> {
                    if (event.startsWith("?")) {
                      throw new IllegalArgumentException("no key");
                    }
                    return null;
                  },
                  4)
              .thenSkip());
      assertThat(log).contains("failed #3 attempt 1 last", "skipped #3 after 1").endsWith("n1");
    });
  }

  @Test
  @DisplayName("a dead letter is acked when the sink has accepted it, which gets it until it does")
  void deadLetter() {
    runtime.run(() -> {
      EventStream<String> stream = open("a1", "ax", "a2");
      List<Integer> offers = new ArrayList<>();
      stream.consume(
          taking(Duration.ZERO),
          Handling.inOrderPerKey(HandlingTest::key, 2)
              .retry(EACH_SECOND, 2)
              .thenDeadLetter((delivery, error) -> {
                offers.add(delivery.attempt());
                if (offers.size() < 3) {
                  throw new IOException("disk full");
                }
                deadLetter(delivery, error);
              }));
      assertThat(offers).containsExactly(2, 2, 2);
      assertThat(deadLetters).containsExactly("ax attempt 2: IOException");
      assertThat(log)
          .containsExactly(
              "a1",
              "failed #2 attempt 1 retry",
              "failed #2 attempt 2 last",
              "refused #2",
              "refused #2",
              "dead #2 after 2",
              "a2");
      assertThat(stream.stats().deadLettered()).isEqualTo(1);
      assertThat(stream.close(SECOND).checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(savedPosition()).isEqualTo("3");
    });
  }

  @Test
  @DisplayName("in quarantine, the later events of a key go to the sink, until it is released")
  void quarantine() {
    runtime.run(() -> {
      EventStream<String> stream = open("ax", "a2", "b1", "a3", "a4");
      stream.consume(
          taking(Duration.ZERO),
          Handling.inOrderPerKey(HandlingTest::key, 4)
              .thenDeadLetter((delivery, error) -> {
                deadLetter(delivery, error);
                if (delivery.event().equals("a3")) {
                  assertThat(stream.quarantinedKeys()).containsExactly("a");
                  assertThat(stream.releaseKey("a")).isTrue();
                }
              })
              .quarantineKey());
      assertThat(deadLetters)
          .containsExactly(
              "ax attempt 1: IOException",
              "a2 attempt 1: " + KeyQuarantinedException.class.getSimpleName(),
              "a3 attempt 1: " + KeyQuarantinedException.class.getSimpleName());
      assertThat(log).contains("b1");
      assertThat(log).contains("a4");
    });
  }

  @Test
  @DisplayName("a fatal error stops the stream at once, and what runs may finish")
  void fatal() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b", "c", "d");
      assertThatThrownBy(() ->
              stream.consume(
                  delivery -> {
                    if (delivery.event().equals("b")) {
                      runtime.sleep(Duration.ofMillis(500));
                      throw new OutOfMemoryError("simulated");
                    }
                    runtime.sleep(SECOND);
                    log.add(delivery.event());
                  },
                  Handling.<String>unordered(2).retryForever(EACH_SECOND)))
          .isInstanceOf(StreamFailedException.class)
          .hasCauseInstanceOf(OutOfMemoryError.class);
      assertThat(log).containsExactly("failed #2 attempt 1 last", "a");
      assertThat(stream.stats().acked()).isEqualTo(1);
      assertThat(stream.stats().handlersRunning()).isZero();
    });
  }

  @Test
  @DisplayName("close waits for the handlers that run, and begins none")
  void close() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b", "c", "d");
      SimulatedThread consumer =
          runtime.spawn("consumer", () -> stream.consume(taking(SECOND), Handling.unordered(2)));
      runtime.sleep(Duration.ofMillis(500));
      assertThat(stream.stats().handlersRunning()).isEqualTo(2);
      CloseReport report = stream.close(SECOND.multipliedBy(5));
      assertThat(runtime.elapsed()).isBetween(SECOND, SECOND.plusMillis(100));
      assertThat(report.unacked()).isEqualTo(2);
      assertThat(report.oldestUnacked()).contains(new ScriptedPosition(3));
      assertThat(report.handlersRunning()).isZero();
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      consumer.join();
      assertThat(log).containsExactlyInAnyOrder("a", "b");
      assertThat(savedPosition()).isEqualTo(saved(2));
    });
  }

  @Test
  @DisplayName("close does not wait for longer than its time, and says what still runs")
  void closeInTime() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b", "c", "d");
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () -> stream.consume(taking(SECOND.multipliedBy(10)), Handling.unordered(2)));
      runtime.sleep(Duration.ofMillis(500));
      CloseReport report = stream.close(SECOND);
      assertThat(runtime.elapsed()).isBetween(SECOND, SECOND.plusMillis(1_000));
      assertThat(report.handlersRunning()).isEqualTo(2);
      assertThat(report.unacked()).isEqualTo(4);
      assertThat(consumer.hasEnded()).isFalse();
      consumer.join();
      assertThat(runtime.elapsed()).isGreaterThanOrEqualTo(SECOND.multipliedBy(10));
      assertThat(log).containsExactlyInAnyOrder("a", "b");
      assertThat(store.checkpoint("orders").orElseThrow().position()).isEqualTo(saved(0));
    });
  }

  @Test
  @DisplayName("handlers that close the stream wait for the others, and not for each other")
  void closeInHandlers() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b", "c", "d");
      stream.consume(
          delivery -> {
            if (delivery.event().equals("c")) {
              runtime.sleep(SECOND.multipliedBy(2));
            } else {
              runtime.sleep(SECOND);
              stream.close(SECOND.multipliedBy(30));
            }
            log.add(delivery.event());
          },
          Handling.unordered(3));
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(runtime.elapsed()).isBetween(SECOND.multipliedBy(2), SECOND.multipliedBy(3));
      assertThat(log).containsExactlyInAnyOrder("a", "b", "c");
      assertThat(stream.stats().acked()).isEqualTo(1);
    });
  }

  @Test
  @DisplayName("an interrupt of the caller ends consume, and the next call gets what is left")
  void interrupted() {
    runtime.run(() -> {
      EventStream<String> stream = open("a1", "ax", "b1", "a2", "b2");
      Handling<String> handling =
          Handling.inOrderPerKey(HandlingTest::key, 1).retry(EACH_SECOND, 2).thenSkip();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () ->
                  assertThatExceptionOfType(InterruptedException.class)
                      .isThrownBy(() -> stream.consume(taking(SECOND), handling)));
      runtime.sleep(Duration.ofMillis(2_500));
      consumer.interrupt();
      consumer.join();
      assertThat(runtime.elapsed()).isEqualTo(SECOND.multipliedBy(3));
      assertThat(log).containsExactly("a1", "b1", "failed #2 attempt 1 retry");
      log.clear();
      stream.consume(
          delivery -> {
            assertThat(delivery.attempt()).isEqualTo(delivery.event().equals("ax") ? 2 : 1);
            taking(Duration.ZERO).handle(delivery);
          },
          handling);
      assertThat(log.indexOf("a2")).isGreaterThan(log.indexOf("skipped #2 after 2"));
      assertThat(log)
          .containsExactlyInAnyOrder("failed #2 attempt 2 last", "skipped #2 after 2", "a2", "b2");
    });
  }

  @Test
  @DisplayName("an interrupt of a handler is no failed attempt")
  void interruptedHandler() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b");
      stream.consume(
          delivery -> {
            if (delivery.event().equals("a") && delivery.attempt() == 1) {
              Thread.currentThread().interrupt();
              throw new IllegalStateException("broken off");
            }
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            log.add(delivery.event() + delivery.attempt());
          },
          Handling.<String>unordered(1));
      assertThat(log).containsExactlyInAnyOrder("a2", "b1");
      assertThat(stream.stats().handlerFailures()).isZero();
    });
  }

  @Test
  @DisplayName("a nack by the handler keeps the place of its event")
  void nack() {
    runtime.run(() -> {
      EventStream<String> stream = open("a1", "a2", "b1");
      stream.consume(
          delivery -> {
            if (delivery.event().equals("a1") && delivery.attempt() == 1) {
              delivery.nack(SECOND);
            } else {
              log.add(delivery.event());
            }
          },
          Handling.inOrderPerKey(HandlingTest::key, 2));
      assertThat(log).containsExactly("b1", "a1", "a2");
    });
  }

  @Test
  @DisplayName("an executor that takes no task ends consume, and no event is lost")
  void rejected() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b");
      assertThatExceptionOfType(RejectedExecutionException.class)
          .isThrownBy(() ->
              stream.consume(
                  taking(Duration.ZERO),
                  Handling.<String>unordered(2)
                      .executor(task -> {
                        throw new RejectedExecutionException("shut down");
                      })));
      stream.consume(taking(Duration.ZERO), Handling.<String>unordered(2).executor(Runnable::run));
      assertThat(log).containsExactlyInAnyOrder("a", "b");
    });
  }

  @Test
  @DisplayName("an executor that keeps its tasks holds up neither close nor the end of consume")
  void executorKeepsTasks() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b");
      List<Runnable> kept = new ArrayList<>();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () ->
                  stream.consume(
                      taking(Duration.ZERO), Handling.<String>unordered(2).executor(kept::add)));
      runtime.sleep(SECOND);
      assertThat(stream.close(SECOND.multipliedBy(60)).handlersRunning()).isZero();
      consumer.join();
      assertThat(runtime.elapsed()).isBetween(SECOND, SECOND.plusMillis(100));
      kept.forEach(Runnable::run);
      assertThat(log).isEmpty();
    });
  }

  @Test
  @DisplayName("attempts that an interrupt or a nack has ended do not count")
  void countsFailures() {
    runtime.run(() -> {
      EventStream<String> stream = open("a");
      stream.consume(
          delivery -> {
            if (delivery.attempt() == 1) {
              throw new InterruptedException("shutting down");
            } else if (delivery.attempt() == 2) {
              delivery.nack();
            } else if (delivery.attempt() == 3) {
              throw new IOException("once");
            } else {
              log.add(delivery.event() + delivery.attempt());
            }
          },
          Handling.<String>unordered(1).retry(EACH_SECOND, 2));
      assertThat(log).containsExactly("failed #1 attempt 3 retry", "a4");
    });
  }

  @Test
  @DisplayName("a handler that runs for long is reported once")
  void slow() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b");
      stream.consume(
          taking(Duration.ofSeconds(130)),
          Handling.inOrderPerKey(HandlingTest::key, 1).slowAfter(SECOND.multipliedBy(60)));
      assertThat(log).containsExactly("slow #1 a", "a", "slow #2 b", "b");
      stream.close();
      assertThat(runtime.pendingTimers()).isZero();
    });
  }

  @Test
  @DisplayName("a full window is reported with the event that holds it up, its key and its error")
  void windowFull() {
    runtime.run(() -> {
      EventStream<String> stream = open(3, "ax", "b1", "c1", "d1", "e1");
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () ->
                  stream.consume(
                      taking(Duration.ZERO),
                      Handling.inOrderPerKey(HandlingTest::key, 4)
                          .retryForever((failures, random) -> Duration.ofHours(1))));
      runtime.sleep(SECOND.multipliedBy(20));
      assertThat(log)
          .endsWith("full: #1 key a attempt 1 cannot digest ax, nacked 1")
          .contains("b1", "c1")
          .doesNotContain("d1");
      assertThat(stream.stats().keysWaiting()).isEqualTo(1);
      assertThat(stream.stats().oldestUnacked()).contains(new ScriptedPosition(1));
      stream.close();
      consumer.join();
    });
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 3_600_000})
  @DisplayName("events that fail for ever hold up no others until they fill the window")
  void failingForEver(long waitMillis) {
    runtime.run(() -> {
      ScriptedServerSource<String> source =
          new ScriptedServerSource<String>(runtime)
              .connects(c -> {
                for (int i = 1; i <= 1_000; i++) {
                  c.event(i, i % 50 == 0 ? "x" + i : "e" + i);
                }
              });
      EventStream<String> stream =
          EventStream.from(source).window(16).runtime(runtime).listener(new FailureLog()).open();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () ->
                  stream.consume(
                      taking(Duration.ZERO),
                      Handling.<String>unordered(4)
                          .retryForever((failures, random) -> Duration.ofMillis(waitMillis))));
      runtime.sleep(SECOND);
      // The sixteenth event that fails is the 800th.
      assertThat(log).filteredOn(line -> line.startsWith("e")).hasSize(800 - 16);
      assertThat(log).noneMatch(line -> line.startsWith("full"));
      runtime.sleep(SECOND.multipliedBy(11));
      assertThat(log).anyMatch(line -> line.startsWith("full: #50 on connection 1 key -"));
      assertThat(stream.stats().unacked()).isEqualTo(16);
      stream.close();
      consumer.join();
    });
  }

  @Test
  @DisplayName("a batch waits for more events, and one that fails is retried as a whole")
  void batches() {
    runtime.run(() -> {
      EventStream<String> stream = open("a", "b", "c", "d", "e");
      stream.consumeBatches(
          3,
          SECOND,
          batch -> {
            List<String> events = batch.deliveries().stream().map(Delivery::event).toList();
            log.add(events.toString());
            if (events.contains("b") && batch.deliveries().get(0).attempt() == 1) {
              throw new IOException("once");
            }
          },
          Handling.<String>inOrder().retry(EACH_SECOND, 2));
      assertThat(log)
          .containsExactly("[a, b, c]", "failed #1 attempt 1 of 3 retry", "[a, b, c]", "[d, e]");
    });
  }

  @Test
  @DisplayName(
      "after the last attempt a batch is halved until the events are found that fail alone")
  void bisected() {
    for (Handling<String> handling :
        List.of(Handling.<String>inOrder(), Handling.inOrderPerKey(HandlingTest::key, 2))) {
      log.clear();
      deadLetters.clear();
      VirtualRuntime own = new VirtualRuntime(1);
      own.run(() -> {
        ScriptedClientSource<String> source =
            new ScriptedClientSource<String>(own)
                .start(0)
                .connects(c -> c.event(1, "a").event(2, "b").event(3, "x").event(4, "d").end());
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none()).runtime(own).open();
        stream.consumeBatches(
            4,
            SECOND,
            batch -> {
              List<String> events = batch.deliveries().stream().map(Delivery::event).toList();
              log.add(events.toString());
              if (events.contains("x")) {
                throw new IOException("poison");
              }
            },
            handling.retry(EACH_SECOND, 2).thenDeadLetter(this::deadLetter));
      });
      assertThat(log)
          .containsExactly("[a, b, x, d]", "[a, b, x, d]", "[a, b]", "[x, d]", "[x]", "[d]");
      assertThat(deadLetters).containsExactly("x attempt 2: IOException");
    }
  }

  @Test
  @DisplayName("an error that a retry cannot help takes no attempt from the others of its batch")
  void halvesAreRetried() {
    runtime.run(() -> {
      EventStream<String> stream = open("x", "b", "c", "d");
      stream.consumeBatches(
          4,
          SECOND,
          batch -> {
            List<String> events = batch.deliveries().stream().map(Delivery::event).toList();
            if (events.contains("x")) {
              throw new IOException("poison");
            }
            if (events.contains("d") && batch.deliveries().get(0).attempt() == 1) {
              throw new IllegalStateException("once");
            }
            log.add(events.toString());
          },
          Handling.<String>inOrder()
              .retry(EACH_SECOND, 8)
              .retryIf(error -> !(error instanceof IOException))
              .thenDeadLetter(this::deadLetter));
      assertThat(deadLetters).containsExactly("x attempt 1: IOException");
      assertThat(log).containsSubsequence("[b]", "failed #3 attempt 1 of 2 retry", "[c, d]");
    });
  }

  @Test
  @DisplayName("no event of a batch overtakes one whose dead letter the sink has refused")
  void refusedInBatch() {
    runtime.run(() -> {
      EventStream<String> stream = open("ax", "a2", "b1");
      List<String> handled = new ArrayList<>();
      List<String> offered = new ArrayList<>();
      stream.consumeBatches(
          3,
          SECOND,
          batch -> {
            List<String> events = batch.deliveries().stream().map(Delivery::event).toList();
            if (events.contains("ax")) {
              throw new IOException("poison");
            }
            handled.addAll(events);
          },
          Handling.inOrderPerKey(HandlingTest::key, 2)
              .retry(EACH_SECOND, 1)
              .thenDeadLetter((delivery, error) -> {
                offered.add(delivery.event());
                if (offered.size() < 3) {
                  throw new IOException("disk full");
                }
                assertThat(handled).doesNotContain("a2");
              }));
      assertThat(offered).containsExactly("ax", "ax", "ax");
      assertThat(handled).containsExactly("b1", "a2");
    });
  }

  @Test
  @DisplayName("batches run side by side, and no key is in two of them at once")
  void batchesPerKey() {
    runtime.run(() -> {
      String[] events = new String[60];
      for (int i = 0; i < events.length; i++) {
        events[i] = (char) ('a' + i % 6) + "" + i;
      }
      List<String> keysRunning = new ArrayList<>();
      EventStream<String> stream = open(events);
      stream.consumeBatches(
          4,
          Duration.ofMillis(10),
          batch -> {
            running++;
            mostRunning = Math.max(mostRunning, running);
            List<String> keys =
                batch.deliveries().stream().map(d -> key(d.event())).distinct().toList();
            assertThat(keysRunning).doesNotContainAnyElementsOf(keys);
            keysRunning.addAll(keys);
            runtime.sleep(SECOND);
            batch.forEach(delivery -> log.add(delivery.event()));
            keysRunning.removeAll(keys);
            running--;
          },
          Handling.inOrderPerKey(HandlingTest::key, 3));
      assertThat(mostRunning).isGreaterThan(1);
      for (char key = 'a'; key < 'g'; key++) {
        String first = String.valueOf(key);
        assertThat(log)
            .filteredOn(event -> event.startsWith(first))
            .hasSize(10)
            .isSortedAccordingTo((one, other) ->
                Integer.parseInt(one.substring(1)) - Integer.parseInt(other.substring(1)));
      }
    });
  }

  @Test
  @DisplayName("settings that contradict each other are refused")
  void settings() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Handling.unordered(0))
        .withMessage("unordered() needs at least 1, but got 0.");
    runtime.run(() -> {
      EventStream<String> stream = open("a");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> stream.consume(delivery -> {}, Handling.<String>inOrder().quarantineKey()))
          .withMessageStartingWith("quarantineKey() needs keys and a dead letter sink.");
      assertThatIllegalArgumentException()
          .isThrownBy(() ->
              stream.consume(delivery -> {}, Handling.<String>inOrder().executor(Runnable::run)))
          .withMessageStartingWith("executor() is for handlers that run at once");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stream.consumeBatches(1_025, SECOND, batch -> {}, Handling.inOrder()))
          .withMessage(
              "consumeBatches() takes from 1 to 1024 events, the size of the window, but got 1025.");
      stream.close();
    });
  }
}
