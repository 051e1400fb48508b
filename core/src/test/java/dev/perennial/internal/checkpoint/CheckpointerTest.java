package dev.perennial.internal.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.verify;

import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.Delivery;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamListener;
import dev.perennial.StreamListener.CheckpointSaveFailed;
import dev.perennial.StreamListener.CheckpointSaved;
import dev.perennial.StreamState;
import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.internal.stream.TestContext;
import dev.perennial.internal.window.AckWindow;
import dev.perennial.internal.window.DeliverySettlement;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Tests the checkpointer with its claim, executor and outage timer, on a manual runtime. */
class CheckpointerTest {

  private final class Encoding implements ClientTrackedSource<String, TestPosition> {
    private final SourceBinding binding = new SourceBinding();

    @Override
    public Optional<TestPosition> start() {
      throw new AssertionError("not asked for");
    }

    @Override
    public Connection<String, TestPosition> connect(Optional<TestPosition> after) {
      throw new AssertionError("not asked for");
    }

    @Override
    public Recovery<String, TestPosition> recover(TestPosition lost, Throwable cause) {
      throw new AssertionError("not asked for");
    }

    @Override
    public Checkpoint encode(TestPosition position) {
      if (!encodeErrors.isEmpty()) {
        throw encodeErrors.remove();
      }
      return new Checkpoint("test", "", String.valueOf(position.id()));
    }

    @Override
    public TestPosition decode(Checkpoint saved) {
      return new TestPosition(Long.parseLong(saved.position()));
    }

    @Override
    public SourceBinding binding() {
      return binding;
    }

    @Override
    public String name() {
      return "test";
    }

    @Override
    public ErrorClassifier errors() {
      return ErrorClassifier.none();
    }
  }

  private final ManualRuntime runtime = new ManualRuntime();
  private final List<String> saves = new ArrayList<>();
  private Optional<Exception> broken = Optional.empty();
  private final ArrayDeque<Error> encodeErrors = new ArrayDeque<>();
  private int tries;
  private Runnable onTry = () -> {};
  private final CheckpointStore store =
      CheckpointStore.of(
          id -> Optional.empty(),
          (id, checkpoint) -> {
            tries++;
            onTry.run();
            if (broken.isPresent()) {
              throw broken.get();
            }
            saves.add(checkpoint.position());
          });

  private final List<CheckpointSaveFailed> failures = new ArrayList<>();
  private final List<CheckpointSaved> successes = new ArrayList<>();
  private final StreamObserver observer =
      spy(
          new StreamObserver(
              "test",
              List.of(
                  new StreamListener() {
                    @Override
                    public void onCheckpointSaveFailed(CheckpointSaveFailed failed) {
                      failures.add(failed);
                    }

                    @Override
                    public void onCheckpointSaved(CheckpointSaved saved) {
                      successes.add(saved);
                    }
                  })));
  private final StreamContext context = TestContext.of(TestContext.options(runtime), observer);
  private final Lifecycle lifecycle = context.lifecycle();
  private final AckWindow<String, TestPosition> window =
      new AckWindow<>(10_000, TestCheckpoints::encode, runtime);
  private Checkpointer<TestPosition> checkpointer;
  private long ids;

  private void open(int acks, Duration interval) {
    checkpointer =
        new Checkpointer<>(
            new Encoding(),
            window,
            new CheckpointOptions(
                store, "orders", acks, interval, Duration.ofMinutes(10), Optional.empty(), false),
            context);
    window.onSettlement(
        new DeliverySettlement.Listener() {
          @Override
          public void acked() {
            checkpointer.acked();
          }

          @Override
          public void nacked() {}

          @Override
          public void ackedTooLate(Delivery<?> delivery) {}
        });
    checkpointer.claim().begin();
    runtime.runTasks();
    assertThat(checkpointer.claim().isReady()).isTrue();
  }

  private void ack(int count) {
    for (int i = 0; i < count; i++) {
      ids++;
      window.admit(new Received.Event<>("event", new TestPosition(ids)), 0).ack();
    }
  }

  private CheckpointOutcome flush(Duration timeout) {
    checkpointer.flush(Deadline.in(timeout, runtime));
    return checkpointer.result().outcome();
  }

  @Test
  @DisplayName("saves after the configured number of acks, and not after one less")
  void byCount() {
    open(1_000, Duration.ofHours(1));
    ack(999);
    runtime.runTasks();
    assertThat(saves).isEmpty();
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("1000");
    ack(999);
    runtime.runTasks();
    assertThat(saves).containsExactly("1000");
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("1000", "2000");
  }

  @Test
  @DisplayName("saves once, the configured interval after the first unsaved ack")
  void byTime() {
    open(1_000, Duration.ofSeconds(1));
    ack(1);
    runtime.advance(Duration.ofMillis(600));
    ack(1);
    runtime.advance(Duration.ofMillis(399));
    assertThat(saves).isEmpty();
    runtime.advance(Duration.ofMillis(1));
    assertThat(saves).containsExactly("2");
    runtime.advance(Duration.ofHours(1));
    assertThat(saves).containsExactly("2");
    assertThat(tries).isEqualTo(1);
  }

  @Test
  @DisplayName("any number of requests before a save lead to one save, of the newest position")
  void coalesces() {
    open(1, Duration.ofSeconds(1));
    ack(5_000);
    assertThat(runtime.pendingTasks()).isEqualTo(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("5000");
    assertThat(checkpointer.result().outcome()).isEqualTo(CheckpointOutcome.SAVED);
  }

  @Test
  @DisplayName("the listener learns how long a save took")
  void took() {
    open(1, Duration.ofHours(1));
    runtime.advance(Duration.ofMinutes(1));
    onTry = () -> runtime.advance(Duration.ofMillis(70));
    ack(1);
    runtime.runTasks();
    assertThat(successes)
        .singleElement()
        .satisfies(saved -> {
          assertThat(saved.position()).isEqualTo(new TestPosition(1));
          assertThat(saved.took()).isEqualTo(Duration.ofMillis(70));
        });
  }

  @Test
  @DisplayName("acks after an unacked event are not saved")
  void gap() {
    open(1, Duration.ofSeconds(1));
    Delivery<String> slow = window.admit(new Received.Event<>("slow", new TestPosition(++ids)), 0);
    ack(10);
    runtime.advance(Duration.ofSeconds(5));
    assertThat(tries).isZero();
    assertThat(checkpointer.result().outcome()).isEqualTo(CheckpointOutcome.NONE);
    slow.ack();
    runtime.runTasks();
    assertThat(saves).containsExactly("11");
  }

  @Test
  @DisplayName("a save that fails is retried with growing waits, and acks request no other save")
  void oneRetryAtATime() {
    open(1, Duration.ofMillis(10));
    broken = Optional.of(new IOException("broken"));
    int seconds = 20;
    for (int i = 0; i < seconds * 100; i++) {
      ack(1);
      runtime.advance(Duration.ofMillis(10));
    }
    // 0.1 s, 0.2 s, 0.4 s, ... 5 s: nine tries in 20 s.
    assertThat(tries).isBetween(5, 10);
    assertThat(runtime.pendingTimers()).isLessThanOrEqualTo(3);

    broken = Optional.empty();
    runtime.advance(Duration.ofSeconds(5));
    assertThat(saves).containsExactly("2000");
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
  }

  @Test
  @DisplayName("an ack during a failing save does not shorten the wait before the retry")
  void ackedDuringAFailure() {
    open(1, Duration.ofHours(1));
    broken = Optional.of(new IOException("broken"));
    onTry =
        () -> {
          onTry = () -> {};
          ack(1);
        };
    ack(1);
    runtime.advance(Duration.ofMillis(50));
    assertThat(tries).isEqualTo(1);
    broken = Optional.empty();
    runtime.advance(Duration.ofSeconds(1));
    assertThat(saves).containsExactly("2");
    assertThat(tries).isEqualTo(2);
  }

  @Test
  @DisplayName("a flush saves at once, even while a failed save waits for its retry")
  void flushDoesNotWait() {
    open(1, Duration.ofSeconds(1));
    broken = Optional.of(new IOException("broken"));
    ack(1);
    runtime.advance(Duration.ofSeconds(9));
    int before = tries;
    broken = Optional.empty();
    assertThat(flush(Duration.ZERO)).isEqualTo(CheckpointOutcome.SAVED);
    assertThat(tries).isEqualTo(before + 1);
    assertThat(saves).containsExactly("1");
    runtime.advance(Duration.ofMinutes(1));
    assertThat(tries).isEqualTo(before + 1);
  }

  @Test
  @DisplayName("the stream can still save if a retry runs before schedule() has returned")
  void lateRetry() {
    open(1, Duration.ofHours(1));
    broken = Optional.of(new IOException("broken"));
    runtime.runWithinSchedule(Duration.ofMillis(100));
    ack(1);
    runtime.runTasks();
    broken = Optional.empty();
    runtime.advance(Duration.ofSeconds(5));
    ack(1);
    runtime.runTasks();
    assertThat(saves).endsWith("2");
    runtime.advance(Duration.ofHours(1));
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
  }

  @Test
  @DisplayName("the release cancels the timers of the interval and of a retry")
  void leavesNoTimer() {
    open(1_000, Duration.ofHours(1));
    broken = Optional.of(new IOException("broken"));
    ack(999);
    flush(Duration.ofMillis(1));
    assertThat(runtime.pendingTimers()).isPositive();
    checkpointer.release(() -> {});
    runtime.runTasks();
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("a save that fails while the stream closes is reported without a retry")
  void lastSaveFails() {
    open(1, Duration.ofSeconds(1));
    broken = Optional.of(new IOException("down"));
    ack(1);
    runtime.runTasks();
    onTry = () -> checkpointer.release(() -> {});
    runtime.advance(Duration.ofSeconds(1));
    runtime.runTasks();
    assertThat(tries).isEqualTo(2);
    assertThat(failures)
        .extracting(failed -> failed.retryIn().isPresent())
        .containsExactly(true, false);
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("a save that reports a lost claim fails the stream, and no other save follows")
  void claimLost() {
    open(1, Duration.ofSeconds(1));
    broken = Optional.of(CheckpointException.claimLost("another has it", null));
    ack(1);
    runtime.runTasks();
    assertThat(lifecycle.state()).isEqualTo(StreamState.FAILED);
    assertThat(runtime.pendingTimers()).isZero();
    broken = Optional.empty();
    ack(5);
    runtime.advance(Duration.ofMinutes(1));
    assertThat(tries).isEqualTo(1);
    assertThat(saves).isEmpty();
    assertThat(flush(Duration.ofSeconds(1))).isEqualTo(CheckpointOutcome.NOT_SAVED);
  }

  @Test
  @DisplayName(
      "a store that stays broken fails the stream at the tolerated time, with its last error")
  void outage() {
    open(1, Duration.ofSeconds(1));
    IOException cause = new IOException("broken");
    broken = Optional.of(cause);
    ack(1);
    runtime.advance(Duration.ofMinutes(10).minusMillis(1));
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
    runtime.advance(Duration.ofMillis(1));
    assertThat(lifecycle.state()).isEqualTo(StreamState.FAILED);
    try {
      lifecycle.check();
      throw new AssertionError("check() of a failed stream must throw");
    } catch (StreamFailedException e) {
      assertThat(e.reason()).isEqualTo(Reason.CHECKPOINT);
      assertThat(e).hasMessageContaining("orders").hasRootCause(cause);
    }
  }

  @Test
  @DisplayName("a successful save restarts the tolerated time")
  void outageEnds() {
    open(1, Duration.ofSeconds(1));
    broken = Optional.of(new IOException("broken"));
    ack(1);
    runtime.advance(Duration.ofMinutes(9));
    broken = Optional.empty();
    runtime.advance(Duration.ofSeconds(10));
    assertThat(saves).containsExactly("1");
    broken = Optional.of(new IOException("broken again"));
    ack(1);
    runtime.advance(Duration.ofMinutes(9));
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
    runtime.advance(Duration.ofMinutes(2));
    assertThat(lifecycle.state()).isEqualTo(StreamState.FAILED);
  }

  @Test
  @DisplayName("a save that gets no thread is reported, and the next ack requests it again")
  void noThread() {
    open(1, Duration.ofHours(1));
    runtime.refuseThreads(1);
    ack(1);
    runtime.runTasks();
    assertThat(saves).isEmpty();
    assertThat(checkpointer.lastError()).isInstanceOf(Error.class);
    verify(observer).storeCallFailed(eq("orders"), any(Error.class));
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("2");
    assertThat(checkpointer.lastError()).isNull();
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
  }

  @Test
  @DisplayName("the error of a save that got no thread is cleared if nothing is left to save")
  void noThreadForNothing() {
    open(1, Duration.ofHours(1));
    ack(1);
    runtime.runTasks();
    lifecycle.beginClose();
    runtime.refuseThreads(1);
    checkpointer.acked();
    assertThat(checkpointer.lastError()).isInstanceOf(Error.class);
    checkpointer.acked();
    runtime.runTasks();
    assertThat(tries).isEqualTo(1);
    assertThat(checkpointer.lastError()).isNull();
  }

  @Test
  @DisplayName("the start is saved even if at first no thread and no timer was available")
  void noThreadForTheStart() throws Exception {
    open(1, Duration.ofHours(1));
    runtime.refuseThreads(1);
    runtime.refuseTimers(1);
    checkpointer.begin(new TestPosition(7));
    assertThat(runtime.pendingTasks()).isZero();
    assertThat(runtime.pendingTimers()).isZero();
    assertThat(checkpointer.await(Deadline.in(Duration.ofSeconds(5), runtime))).isTrue();
    assertThat(saves).containsExactly("7");
  }

  @Test
  @DisplayName("the next ack also requests the save at the interval if that got no thread")
  void noThreadAtTheInterval() {
    open(1_000, Duration.ofSeconds(1));
    ack(5);
    runtime.refuseThreads(1);
    runtime.advance(Duration.ofSeconds(1));
    assertThat(saves).isEmpty();
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("6");
  }

  @Test
  @DisplayName("if no timer is available for the interval, the first ack is saved at once")
  void noIntervalTimer() {
    open(1_000, Duration.ofHours(1));
    runtime.refuseTimers(2);
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("1");
  }

  @Test
  @DisplayName("if no timer is available for the retry of a save, the next ack requests it")
  void noRetryTimer() {
    open(1, Duration.ofHours(1));
    broken = Optional.of(new IOException("broken"));
    onTry = () -> runtime.refuseTimers(1);
    ack(1);
    runtime.runTasks();
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
    assertThat(checkpointer.lastError()).isNotNull();
    broken = Optional.empty();
    onTry = () -> {};
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("2");
  }

  @Test
  @DisplayName("acks whose save failed without a retry still count, so the next ack saves at once")
  void failedAcksStillCount() {
    open(1_000, Duration.ofHours(1));
    broken = Optional.of(new IOException("disk full"));
    onTry = () -> runtime.refuseTimers(1);
    ack(1_000);
    runtime.runTasks();
    assertThat(tries).isEqualTo(1);
    onTry = () -> {};
    broken = Optional.empty();
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("1001");
  }

  @Test
  @DisplayName("a position that cannot be encoded fails the stream at once, with that cause")
  void cannotEncode() {
    open(1, Duration.ofHours(1));
    Error broken = new AssertionError("no such position");
    encodeErrors.add(broken);
    ack(1);
    runtime.runTasks();
    assertThatExceptionOfType(StreamFailedException.class)
        .isThrownBy(lifecycle::check)
        .withMessageContaining("encode()")
        .withMessageContaining("orders")
        .withCause(broken);
    assertThat(flush(Duration.ofSeconds(5))).isEqualTo(CheckpointOutcome.NOT_SAVED);
    assertThat(checkpointer.result().error()).containsSame(broken);
    assertThat(runtime.nanoTime()).isZero();
  }

  @Test
  @DisplayName("an encode that runs out of memory is retried")
  void noMemoryToEncode() {
    open(1, Duration.ofHours(1));
    encodeErrors.add(new OutOfMemoryError("for a moment"));
    ack(1);
    runtime.advance(Duration.ofSeconds(1));
    assertThat(saves).containsExactly("1");
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
  }

  @Test
  @DisplayName("awaited() and lastError() describe a failed save until one succeeds")
  void awaited() {
    open(1, Duration.ofHours(1));
    assertThat(checkpointer.awaited()).isEmpty();
    assertThat(checkpointer.lastError()).isNull();
    IOException full = new IOException("No space left on device");
    broken = Optional.of(full);
    ack(1);
    runtime.runTasks();
    assertThat(checkpointer.awaited()).contains("checkpoint \"orders\" to be saved");
    assertThat(checkpointer.lastError()).hasRootCause(full);
    broken = Optional.empty();
    runtime.advance(Duration.ofSeconds(1));
    assertThat(checkpointer.awaited()).isEmpty();
    assertThat(checkpointer.lastError()).isNull();
  }
}
