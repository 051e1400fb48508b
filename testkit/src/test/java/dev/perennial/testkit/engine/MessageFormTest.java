package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.perennial.AckMode;
import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.Verdict;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A check of the form of the engine's error messages, on a sample of them. */
class MessageFormTest {

  private static final Duration NEGATIVE = Duration.ofMillis(-1_500);

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final ScriptedClientSource<String> source =
      new ScriptedClientSource<String>(runtime).start(0);

  private static EventStreamBuilder<String> server() {
    return EventStream.from(new ScriptedServerSource<String>(new VirtualRuntime(1)));
  }

  private static Checkpoints checkpoints() {
    return Checkpoints.in(new InMemoryCheckpointStore(), "orders");
  }

  private static EventStreamBuilder<String> client(Checkpoints checkpoints) {
    return EventStream.from(new ScriptedClientSource<String>(new VirtualRuntime(1)), checkpoints);
  }

  static Stream<ThrowingCallable> refusedSettings() {
    return Stream.of(
        () -> server().window(0),
        () -> server().maxAttempts(0),
        () -> server().stableAfter(NEGATIVE),
        () -> server().tolerateRefusals(NEGATIVE),
        () -> server().connectTimeout(NEGATIVE),
        () -> server().redeliveryMemory(0),
        () -> server().window(100).redeliveryMemory(10).open(),
        () -> server().name(" "),
        () -> server().listener(null),
        () -> client(Checkpoints.none()).redeliveryMemory(5_000).open(),
        () -> client(checkpoints()).acks(AckMode.NEVER).open(),
        () -> client(null),
        () -> Checkpoints.in(null, "orders"),
        () -> Checkpoints.in(new InMemoryCheckpointStore(), " "),
        () -> Checkpoints.none().startAfresh(),
        () -> checkpoints().every(0, Duration.ofSeconds(1)),
        () -> checkpoints().every(1, NEGATIVE),
        () -> checkpoints().tolerateOutage(NEGATIVE),
        () -> checkpoints().waitForClaim(NEGATIVE),
        () -> BackoffPolicy.exponential(NEGATIVE, Duration.ofSeconds(1)),
        () -> BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1)).withJitter(2),
        () -> Verdict.retryAfter(NEGATIVE));
  }

  @ParameterizedTest
  @MethodSource("refusedSettings")
  void settings(ThrowingCallable setting) {
    assertForm(catchThrowable(setting));
  }

  @Test
  void misuse() {
    runtime.run(() -> {
      source.connects(c -> c.event(1, "a").end());
      EventStreamBuilder<String> builder =
          EventStream.from(source, Checkpoints.none()).runtime(runtime);
      EventStream<String> stream = builder.open();
      assertForm(catchThrowable(builder::open));
      assertForm(catchThrowable(() -> EventStream.from(source, Checkpoints.none()).open()));
      assertForm(catchThrowable(() -> stream.poll(0, Duration.ZERO)));
      AtomicReference<Throwable> inHandler = new AtomicReference<>();
      stream.consume(delivery -> {
        inHandler.set(catchThrowable(stream::next));
        assertForm(catchThrowable(() -> delivery.nack(NEGATIVE)));
      });
      assertForm(inHandler.get());
      assertForm(catchThrowable(stream::next));
      assertForm(catchThrowable(() -> stream.iterator().next()));
      stream.close();
      assertForm(catchThrowable(stream::next));
      EventStream<String> observer = server().acks(AckMode.NEVER).open();
      assertForm(catchThrowable(() -> observer.consume(delivery -> {})));
    });
  }

  static Stream<Consumer<ScriptedClientSource<String>>> failures() {
    return Stream.of(
        source -> source.fails(ScriptedFailure.fatal("no such stream.")),
        source -> source.fails(new Exception("not known to any classifier")),
        source -> source.fails(ScriptedFailure.of(Verdict.refused(), "go away")),
        source -> source.fails(ScriptedFailure.positionLost("too old")),
        source -> source.fails(ScriptedFailure.retry("refused")).fails(ScriptedFailure.retry("x")),
        source -> source.startFails(ScriptedFailure.fatal("no start")),
        source ->
            source.backoff((failures, random) -> NEGATIVE).fails(ScriptedFailure.retry("refused")));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failure(Consumer<ScriptedClientSource<String>> script) {
    script.accept(source);
    assertFails(EventStream.from(source, Checkpoints.none()).maxAttempts(2));
  }

  @Test
  void handler() {
    source.connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none()).runtime(runtime).open();
      assertForm(
          catchThrowable(() ->
              stream.consume(delivery -> {
                throw new IllegalStateException("The table is full.");
              })));
    });
  }

  @Test
  void positionLostByAServerTrackedSource() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime).fails(ScriptedFailure.positionLost("too old"));
    assertFails(EventStream.from(server));
  }

  @ParameterizedTest
  @ValueSource(strings = {"unavailable", "corrupt", "mismatch", "closed"})
  void store(String reason) {
    CheckpointException error =
        switch (reason) {
          case "corrupt" -> CheckpointException.corrupt("The file is cut off.", null);
          case "mismatch" -> CheckpointException.mismatch("It is of another source.", null);
          case "closed" -> CheckpointException.closed("The store is closed.");
          default -> CheckpointException.unavailable("The disk is full.", null);
        };
    store.fail(Call.LOAD, 100, error);
    assertFails(EventStream.from(source, Checkpoints.in(store, "orders")));
  }

  @Test
  void checkpointOfAnotherSource() {
    store.put("orders", new Checkpoint("another source", "", "1"));
    assertFails(EventStream.from(source, Checkpoints.in(store, "orders")));
  }

  @Test
  void claimed() {
    runtime.run(() -> {
      store.tryClaim("orders", lost -> {});
      EventStream<String> second =
          EventStream.from(source, Checkpoints.in(store, "orders").waitForClaim(Duration.ZERO))
              .runtime(runtime)
              .open();
      assertForm(catchThrowable(second::next));
    });
  }

  @Test
  void notLive() {
    source.hangs(Duration.ofHours(1));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.in(store, "orders")).runtime(runtime).open();
      store.tryClaim("orders", lost -> {});
      assertForm(catchThrowable(() -> stream.awaitLive(Duration.ofSeconds(5))));
    });
  }

  private void assertFails(EventStreamBuilder<String> builder) {
    runtime.run(() -> {
      EventStream<String> stream = builder.runtime(runtime).open();
      Throwable error = catchThrowable(stream::next);
      assertThat(error).isInstanceOf(StreamFailedException.class);
      assertForm(error);
    });
  }

  private static void assertForm(Throwable error) {
    assertThat(error).isNotNull();
    assertThat(error.getMessage())
        .matches("([A-Z]|[\\w.$/]+\\(\\) ).*")
        .endsWith(".")
        .doesNotContain("..")
        .doesNotContain(": :")
        .doesNotContainPattern("\\bPT[0-9-]")
        .doesNotContain("Exception:")
        .hasSizeLessThan(400);
  }
}
