package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.StreamFailedException;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.Verdict;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

@Isolated
@DisplayName("The log of a stream")
class LogTest {

  private static final ScriptedFailure REFUSED =
      ScriptedFailure.of(Verdict.refused(), "the server answered with status 404");

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final ScriptedClientSource<String> source = new ScriptedClientSource<>(runtime);
  private final Logger logger = (Logger) LoggerFactory.getLogger(EventStream.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final Level before = logger.getLevel();
  private final boolean additive = logger.isAdditive();

  @BeforeEach
  void capture() {
    lines.start();
    logger.addAppender(lines);
    logger.setLevel(Level.DEBUG);
    logger.setAdditive(false);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(lines);
    logger.setLevel(before);
    logger.setAdditive(additive);
  }

  private List<ILoggingEvent> at(Level level) {
    return lines.list.stream().filter(line -> line.getLevel().equals(level)).toList();
  }

  private List<String> warnings() {
    return at(Level.WARN).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private EventStream<String> open() {
    return EventStream.from(source, Checkpoints.in(store, "orders"))
        .backoff((failures, random) -> Duration.ofMillis(90_000))
        .runtime(runtime)
        .open();
  }

  @Test
  @DisplayName("every line begins with the name of the stream, which is its stream id")
  void named() {
    source.connects(c -> c.event(1, "a").lose(REFUSED)).fails(REFUSED).connects(c -> c.end());
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.consume(delivery -> {});
      stream.close();
    });
    assertThat(lines.list).hasSizeGreaterThan(5);
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .allMatch(line -> line.startsWith("orders: "));
  }

  @Test
  @DisplayName("a stream without a checkpoint is called like its source")
  void namedAfterSource() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime).connects(c -> c.end());
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
      stream.consume(delivery -> {});
      stream.close();
      assertThat(stream).hasToString("EventStream[scripted, CLOSED]");
    });
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .allMatch(line -> line.startsWith("scripted: "));
  }

  @Test
  @DisplayName(
      "a retried failure logs one line at WARN and its trace at DEBUG; the last one logs at ERROR")
  void failures() {
    source
        .connects(c -> c.event(1, "a").pause(Duration.ofMillis(1_250)).lose(REFUSED))
        .thereafter(connect -> ConnectAnswer.fails(REFUSED));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.next();
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
      stream.close();
    });
    assertThat(at(Level.WARN)).allMatch(line -> line.getThrowableProxy() == null);
    assertThat(warnings().get(0))
        .contains("connection lost after 1.3 s: the server answered with status 404")
        .contains("1 min 30 s");
    assertThat(warnings().get(1)).contains("cannot connect: the server answered with status 404");
    assertThat(at(Level.DEBUG)).anyMatch(line -> line.getThrowableProxy() != null);
    assertThat(at(Level.ERROR))
        .singleElement()
        .satisfies(line -> assertThat(line.getThrowableProxy()).isNotNull());
  }

  @Test
  @DisplayName("what a subscriber throws is one line at WARN")
  void subscriber() {
    source.connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream
          .publisher()
          .subscribe(
              new Flow.Subscriber<>() {
                @Override
                public void onSubscribe(Flow.Subscription subscription) {
                  subscription.request(5);
                }

                @Override
                public void onNext(Delivery<String> delivery) {
                  throw new IllegalStateException("broken");
                }

                @Override
                public void onError(Throwable error) {
                  throw new AssertionError("called after its subscription was cancelled", error);
                }

                @Override
                public void onComplete() {
                  throw new AssertionError("called after its subscription was cancelled");
                }
              });
      runtime.sleep(Duration.ofSeconds(1));
      stream.close();
    });
    assertThat(warnings())
        .containsExactly(
            "orders: a subscriber threw in onNext: broken (IllegalStateException). Its subscription is"
                + " cancelled; events that it has not acked stay unacked");
  }

  @Test
  @DisplayName("a retried save or claim logs one line at WARN")
  void saves() {
    store.fail(Call.SAVE, 2, CheckpointException.unavailable("no space left on device", null));
    source.connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      EventStream<String> owner = open();
      owner.next();
      EventStream<String> standby =
          EventStream.from(
                  new ScriptedClientSource<String>(runtime), Checkpoints.in(store, "orders"))
              .runtime(runtime)
              .open();
      standby.next(Duration.ofSeconds(1));
      store.fail(Call.CLAIM, 1, CheckpointException.unavailable("the disk is gone", null));
      standby.next(Duration.ofSeconds(5));
      owner.close();
      standby.close();
    });
    assertThat(warnings()).filteredOn(line -> line.contains("no space left on device")).hasSize(2);
    assertThat(warnings()).filteredOn(line -> line.contains("the disk is gone")).hasSize(1);
    assertThat(at(Level.WARN)).allMatch(line -> line.getThrowableProxy() == null);
  }

  @Test
  @DisplayName("a wait that the server asks for and that is capped is logged with both times")
  void asked() {
    source
        .fails(ScriptedFailure.retryAfter(Duration.ofHours(277_777), "busy"))
        .connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.next();
      stream.close();
    });
    assertThat(warnings()).anyMatch(line -> line.contains("11,574 d") && line.contains("5 min"));
  }

  @Test
  @DisplayName("the thread that calls the store has the name of the stream")
  void threads() {
    AtomicReference<String> thread = new AtomicReference<>("");
    CheckpointStore recordingStore =
        CheckpointStore.of(
            id -> {
              thread.set(Thread.currentThread().getName());
              return Optional.empty();
            },
            (id, checkpoint) -> {});
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.in(recordingStore, "orders"))
              .runtime(runtime)
              .open();
      stream.awaitLive(Duration.ofSeconds(10));
      stream.close();
    });
    assertThat(thread.get()).endsWith("orders");
  }

  @Test
  @DisplayName("each failure of a handler is one line that says what follows")
  void handlerFailures() {
    source
        .start(0)
        .connects(c -> c.event(1, "retried").event(2, "acked").event(3, "bad").event(4, "c").end());
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.in(store, "orders")).runtime(runtime).open();
      stream.consume(
          delivery -> {
            switch (delivery.event()) {
              case "retried" -> {
                if (delivery.attempt() == 1) {
                  throw new IOException("busy");
                }
              }
              case "acked" -> {
                delivery.ack();
                throw new IOException("late");
              }
              case "bad" -> throw new IllegalArgumentException("no total");
              default -> {}
            }
          },
          Handling.<String>inOrder()
              .retry((failures, random) -> Duration.ofSeconds(1), 2)
              .retryIf(error -> error instanceof IOException)
              .thenSkip());
    });
    assertThat(warnings())
        .containsExactly(
            "orders: the handler failed at #1 (attempt 1): busy (IOException). Next attempt in 1 s",
            "orders: the handler failed at #2 (attempt 1): late (IOException). It had settled everything before",
            "orders: the event at #3 is skipped after attempt 1: no total (IllegalArgumentException)");
  }

  @Test
  @DisplayName("a full window is one line that names its oldest events")
  void fullWindow() {
    source.start(0).connects(c -> c.event(1, "a1").event(2, "b1").event(3, "b2"));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.in(store, "orders"))
              .window(2)
              .runtime(runtime)
              .open();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () ->
                  stream.consume(
                      delivery -> {
                        throw new IOException("down");
                      },
                      Handling.<String>inOrderPerKey(event -> event.substring(0, 1), 2)
                          .retryForever((failures, random) -> Duration.ofHours(1))));
      runtime.sleep(Duration.ofSeconds(11));
      stream.close();
      consumer.join();
    });
    assertThat(warnings())
        .contains(
            "orders: the window is full: waiting for acks of 2 deliveries, 2 of them nacked, the oldest"
                + " at #1 with key \"a\", received 10 s ago, attempt 1 after: down (IOException);"
                + " at #2 with key \"b\", received 10 s ago, attempt 1 after: down (IOException)");
  }
}
