package dev.perennial.testkit.engine;

import static dev.perennial.testkit.engine.EngineFixture.assertFailed;
import static dev.perennial.testkit.engine.EngineFixture.saves;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.CheckpointException;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Invariant 13: a failed stream does not keep its claim longer than the close timeout")
class StreamFailureTest {

  private static final Duration SETTLE_TIME = EventStream.DEFAULT_CLOSE_TIMEOUT;
  private static final ScriptedFailure FATAL = ScriptedFailure.fatal("no");

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final ScriptedClientSource<String> source =
      new ScriptedClientSource<String>(runtime)
          .connects(c -> c.event(1, "a").event(2, "b").event(3, "c").lose(FATAL));
  private final List<String> late = new ArrayList<>();

  private EventStream<String> open() {
    return EventStream.from(source, checkpoints())
        .listener(
            new StreamListener() {
              @Override
              public void onLateAck(LateAck ack) {
                late.add(ack.position().toString());
              }
            })
        .runtime(runtime)
        .open();
  }

  private Checkpoints checkpoints() {
    return Checkpoints.in(store, "orders").every(1_000, Duration.ofHours(1));
  }

  private List<String> saved() {
    return saves(store);
  }

  /** Takes three deliveries from the stream, which then fails. */
  private List<Delivery<String>> takeThenFail(EventStream<String> stream)
      throws InterruptedException {
    List<Delivery<String>> out = List.of(stream.next(), stream.next(), stream.next());
    assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
    return out;
  }

  @Test
  @DisplayName(
      "deliveries can be settled for that time; then they are saved and the claim released")
  void settles() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Delivery<String>> out = takeThenFail(stream);
      runtime.sleep(SETTLE_TIME.minusMillis(10));
      assertThat(store.isClaimed("orders")).isTrue();
      assertThat(out.get(0).ack()).isTrue();
      runtime.sleep(Duration.ofMillis(20));
      assertThat(store.isClaimed("orders")).isFalse();
      assertThat(saved()).containsExactly("0", "1");
      assertThat(stream.state()).isEqualTo(StreamState.FAILED);

      assertThat(out.get(1).ack()).isFalse();
      assertThat(out.get(1).nack()).isFalse();
      assertThat(late).containsExactly("#2");
      runtime.sleep(Duration.ofHours(1));
      assertThat(saved()).containsExactly("0", "1");
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
    });
  }

  @Test
  @DisplayName(
      "the claim is released as soon as all deliveries are settled, or at once without any")
  void allSettled() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Delivery<String>> out = takeThenFail(stream);
      out.forEach(Delivery::ack);
      runtime.sleep(Duration.ofMillis(10));
      assertThat(store.isClaimed("orders")).isFalse();
      assertThat(saved()).containsExactly("0", "3");
      assertThat(source.isClosed()).isTrue();

      EventStream<String> idle =
          EventStream.from(
                  new ScriptedClientSource<String>(runtime).connects(c -> c.lose(FATAL)),
                  checkpoints())
              .runtime(runtime)
              .open();
      assertThatThrownBy(idle::next).isInstanceOf(StreamFailedException.class);
      runtime.sleep(Duration.ofMillis(10));
      assertThat(store.isClaimed("orders")).isFalse();
      assertThat(runtime.pendingTimers()).isZero();
    });
  }

  @Test
  @DisplayName("a standby takes over even if the failed stream is never closed")
  void standby() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Delivery<String>> out = takeThenFail(stream);
      out.get(0).ack();
      ScriptedClientSource<String> second =
          new ScriptedClientSource<String>(runtime).connects(c -> c.event(2, "b"));
      EventStream<String> standby = EventStream.from(second, checkpoints()).runtime(runtime).open();
      Duration before = runtime.elapsed();
      assertThat(standby.next().event()).isEqualTo("b");
      assertThat(runtime.elapsed().minus(before))
          .isLessThan(SETTLE_TIME.plus(Duration.ofMillis(1_100)));
      assertThat(second.connects().get(0).after()).contains(new ScriptedPosition(1));
      stream.close();
      assertThat(store.isClaimed("orders")).isTrue();
    });
  }

  @Test
  @DisplayName("the claim is also released after a failure of the handler")
  void handler() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      assertThatThrownBy(() ->
              stream.consume(delivery -> {
                throw new IllegalStateException("handler");
              }))
          .isInstanceOf(StreamFailedException.class);
      runtime.sleep(SETTLE_TIME.plusMillis(10));
      assertThat(store.isClaimed("orders")).isFalse();
      assertThat(source.hasOpenConnection()).isFalse();
      assertThat(source.isClosed()).isTrue();
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName(
      "the claim is also released while a handler still runs, whose later ack does not count")
  void handlerWorksOn() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      SimulatedThread consumer =
          runtime.spawn(
              "consumer",
              () ->
                  assertThatThrownBy(
                          () -> stream.consume(delivery -> runtime.sleep(Duration.ofMinutes(1))))
                      .isInstanceOf(StreamFailedException.class));
      runtime.sleep(Duration.ofSeconds(1));
      store.loseClaim("orders");
      assertThat(stream.state()).isEqualTo(StreamState.FAILED);
      ScriptedClientSource<String> second =
          new ScriptedClientSource<String>(runtime).connects(c -> c.event(1, "a"));
      EventStream<String> standby = EventStream.from(second, checkpoints()).runtime(runtime).open();
      assertThat(standby.next().ack()).isTrue();
      standby.close();
      consumer.join();
      assertThat(late).containsExactly("#1");
      assertThat(saved()).containsExactly("0", "1");
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName("a source that hangs is interrupted, and the pulling thread gets the failure")
  void hangingSource() {
    ScriptedClientSource<String> hanging = new ScriptedClientSource<String>(runtime).hangs();
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(hanging, checkpoints()).runtime(runtime).open();
      SimulatedThread puller =
          runtime.spawn(
              "puller",
              () -> {
                assertFailed("claim-lost", stream::next);
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
              });
      runtime.sleep(Duration.ofSeconds(1));
      store.loseClaim("orders");
      puller.join();
      assertThat(runtime.elapsed()).isLessThan(Duration.ofSeconds(3));
      runtime.sleep(Duration.ofMillis(10));
      assertThat(hanging.isClosed()).isTrue();
      hanging.assertNoViolations();
    });
  }

  @Test
  @DisplayName("the claim is not released before its last save has ended")
  void saveHangs() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Delivery<String>> out = takeThenFail(stream);
      out.get(0).ack();
      store.hang(Call.SAVE);
      runtime.sleep(SETTLE_TIME.plusSeconds(60));
      assertThat(store.isClaimed("orders")).isTrue();
      store.release(Call.SAVE);
      runtime.sleep(Duration.ofMillis(10));
      assertThat(saved()).containsExactly("0", "1");
      assertThat(store.isClaimed("orders")).isFalse();
    });
  }

  @Test
  @DisplayName("the claim is also released if the last save fails, and close reports why it failed")
  void saveFails() {
    CheckpointException full = CheckpointException.unavailable("the disk is full", null);
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Delivery<String>> out = takeThenFail(stream);
      store.fail(Call.SAVE, 1_000_000, full);
      out.get(0).ack();
      runtime.sleep(SETTLE_TIME.plusMillis(10));
      assertThat(store.isClaimed("orders")).isFalse();
      assertThat(runtime.pendingTimers()).isZero();
      CloseReport report = stream.close(Duration.ofSeconds(5));
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.NOT_SAVED);
      assertThat(report.saveError()).containsSame(full);
    });
  }

  @Test
  @DisplayName("a later close returns at once with the report")
  void closedLater() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Delivery<String>> out = takeThenFail(stream);
      out.get(0).ack();
      out.get(2).ack();
      runtime.sleep(Duration.ofMinutes(1));
      Duration before = runtime.elapsed();
      CloseReport report = stream.close(Duration.ofSeconds(5));
      assertThat(runtime.elapsed()).isEqualTo(before);
      assertThat(report.unacked()).isEqualTo(1);
      assertThat(report.oldestUnacked()).contains(out.get(1).position());
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(stream.close(Duration.ZERO)).isEqualTo(report);
    });
  }

  @Test
  @DisplayName("a close within that time saves as usual and leaves no timer")
  void closedBefore() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Delivery<String>> out = takeThenFail(stream);
      out.get(0).ack();
      assertThat(runtime.pendingTimers()).isPositive();
      CloseReport report = stream.close(Duration.ofSeconds(5));
      assertThat(report.unacked()).isEqualTo(2);
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(runtime.pendingTimers()).isZero();
      assertThat(store.isClaimed("orders")).isFalse();
      source.assertNoViolations();
    });
  }

  @Test
  @DisplayName(
      "a server-tracked stream keeps its connection for acks for that time, then closes it")
  void serverTracked() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime).connects(c -> c.event(1, "a").event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
      List<Delivery<String>> out = new ArrayList<>();
      assertThatThrownBy(() ->
              stream.consume(delivery -> {
                out.add(delivery);
                throw new IllegalStateException("handler");
              }))
          .isInstanceOf(StreamFailedException.class);
      assertThat(server.hasOpenConnection()).isTrue();
      runtime.sleep(SETTLE_TIME.plusMillis(10));
      assertThat(server.hasOpenConnection()).isFalse();
      assertThat(server.isClosed()).isTrue();
      assertThat(out.get(0).ack()).isFalse();
      assertThat(server.acks()).isEmpty();
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
      assertThat(stream.close(Duration.ofSeconds(1)).unacked()).isEqualTo(1);
      server.assertNoViolations();
    });
  }
}
