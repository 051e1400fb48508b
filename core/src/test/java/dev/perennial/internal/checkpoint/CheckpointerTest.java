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

/**
 * The checkpointer with its claim, its lane and its outage clock, in time that is moved by hand.
 */
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
  private Checkpointer<TestPosition> saving;
  private long ids;

  private void open(int acks, Duration interval) {
    saving =
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
            saving.requestSave();
          }

          @Override
          public void nacked() {}

          @Override
          public void ackedTooLate(Delivery<?> delivery) {}
        });
    saving.claim().begin();
    runtime.runTasks();
    assertThat(saving.claim().isReady()).isTrue();
  }

  private void ack(int count) {
    for (int i = 0; i < count; i++) {
      ids++;
      window.admit("event", new TestPosition(ids)).ack();
    }
  }

  private CheckpointOutcome flush(Duration timeout) {
    saving.flush(Deadline.in(timeout, runtime));
    return saving.result().outcome();
  }

  @Test
  @DisplayName("saves after so many acks, and not after one less")
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
  @DisplayName("saves so long after the first ack that is not saved, and then no more")
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
  @DisplayName("however many ask while one waits, one save follows, of what is newest")
  void coalesces() {
    open(1, Duration.ofSeconds(1));
    ack(5_000);
    assertThat(runtime.pendingTasks()).isEqualTo(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("5000");
    assertThat(saving.result().outcome()).isEqualTo(CheckpointOutcome.SAVED);
  }

  @Test
  @DisplayName("the listener is told how long a save took")
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
  @DisplayName("what is acked behind a gap is not saved")
  void gap() {
    open(1, Duration.ofSeconds(1));
    Delivery<String> slow = window.admit("slow", new TestPosition(++ids));
    ack(10);
    runtime.advance(Duration.ofSeconds(5));
    assertThat(tries).isZero();
    assertThat(saving.result().outcome()).isEqualTo(CheckpointOutcome.NONE);
    slow.ack();
    runtime.runTasks();
    assertThat(saves).containsExactly("11");
  }

  @Test
  @DisplayName("while a failed save waits for its next try, acks ask for none of their own")
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
  @DisplayName("an ack during a save that fails does not bring its next try forward")
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
  @DisplayName("a flush tries at once, although a failed save waits for its next try")
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
  @DisplayName("a retry that fires before its timer is noted leaves the stream able to save")
  void lateRetry() {
    open(1, Duration.ofHours(1));
    broken = Optional.of(new IOException("broken"));
    runtime.holdUp(Duration.ofMillis(100));
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
  @DisplayName("after the release there is no timer left, neither of the interval nor of a retry")
  void leavesNoTimer() {
    open(1_000, Duration.ofHours(1));
    broken = Optional.of(new IOException("broken"));
    ack(999);
    flush(Duration.ofMillis(1));
    assertThat(runtime.pendingTimers()).isPositive();
    saving.release(() -> {});
    runtime.runTasks();
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("a save that fails while the stream is closed tells of no retry, for none comes")
  void lastSaveFails() {
    open(1, Duration.ofSeconds(1));
    broken = Optional.of(new IOException("down"));
    ack(1);
    runtime.runTasks();
    onTry = () -> saving.release(() -> {});
    runtime.advance(Duration.ofSeconds(1));
    runtime.runTasks();
    assertThat(tries).isEqualTo(2);
    assertThat(failures)
        .extracting(failed -> failed.retryIn().isPresent())
        .containsExactly(true, false);
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("a save that tells of a lost claim kills the stream, and none follows")
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
      "a store that stays broken kills the stream at the tolerated time, with its last error")
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
      throw new AssertionError("a dead stream says so");
    } catch (StreamFailedException e) {
      assertThat(e.reason()).isEqualTo(Reason.CHECKPOINT);
      assertThat(e).hasMessageContaining("orders").hasRootCause(cause);
    }
  }

  @Test
  @DisplayName("a save that succeeds in between gives the store its whole time again")
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
  @DisplayName(
      "a save that no thread can be had for is told of, and the next ack asks for it again")
  void noThread() {
    open(1, Duration.ofHours(1));
    runtime.refuseThreads(1);
    ack(1);
    runtime.runTasks();
    assertThat(saves).isEmpty();
    assertThat(saving.lastError()).isInstanceOf(Error.class);
    verify(observer).storeCallFailed(eq("orders"), any(Error.class));
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("2");
    assertThat(saving.lastError()).isNull();
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
  }

  @Test
  @DisplayName("nor is anything wrong any more once it turns out that there was nothing to save")
  void noThreadForNothing() {
    open(1, Duration.ofHours(1));
    ack(1);
    runtime.runTasks();
    lifecycle.beginClose();
    runtime.refuseThreads(1);
    saving.requestSave();
    assertThat(saving.lastError()).isInstanceOf(Error.class);
    saving.requestSave();
    runtime.runTasks();
    assertThat(tries).isEqualTo(1);
    assertThat(saving.lastError()).isNull();
  }

  @Test
  @DisplayName("the start is saved also if neither a thread nor a timer could be had for it")
  void noThreadForTheStart() throws Exception {
    open(1, Duration.ofHours(1));
    runtime.refuseThreads(1);
    runtime.refuseTimers(1);
    saving.begin(new TestPosition(7));
    assertThat(runtime.pendingTasks()).isZero();
    assertThat(runtime.pendingTimers()).isZero();
    assertThat(saving.await(Deadline.in(Duration.ofSeconds(5), runtime))).isTrue();
    assertThat(saves).containsExactly("7");
  }

  @Test
  @DisplayName("also if that was the save at the interval, which acks do not ask for")
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
  @DisplayName("without a timer for the interval or the call, the first ack is saved at once")
  void noIntervalTimer() {
    open(1_000, Duration.ofHours(1));
    runtime.refuseTimers(2);
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("1");
  }

  @Test
  @DisplayName("without a timer for the next try of a failed save, the next ack asks for it")
  void noRetryTimer() {
    open(1, Duration.ofHours(1));
    broken = Optional.of(new IOException("broken"));
    onTry = () -> runtime.refuseTimers(1);
    ack(1);
    runtime.runTasks();
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
    assertThat(saving.lastError()).isNotNull();
    broken = Optional.empty();
    onTry = () -> {};
    ack(1);
    runtime.runTasks();
    assertThat(saves).containsExactly("2");
  }

  @Test
  @DisplayName("a position that cannot be encoded ends the stream at once, and is the reason told")
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
    assertThat(saving.result().error()).containsSame(broken);
    assertThat(runtime.nanoTime()).isZero();
  }

  @Test
  @DisplayName("a position for which there is no memory for a moment is encoded at the next try")
  void noMemoryToEncode() {
    open(1, Duration.ofHours(1));
    encodeErrors.add(new OutOfMemoryError("for a moment"));
    ack(1);
    runtime.advance(Duration.ofSeconds(1));
    assertThat(saves).containsExactly("1");
    assertThat(lifecycle.state()).isEqualTo(StreamState.NEW);
  }

  @Test
  @DisplayName("what the stream waits for, and what it last failed with, until that succeeds")
  void awaited() {
    open(1, Duration.ofHours(1));
    assertThat(saving.awaited()).isEmpty();
    assertThat(saving.lastError()).isNull();
    IOException full = new IOException("No space left on device");
    broken = Optional.of(full);
    ack(1);
    runtime.runTasks();
    assertThat(saving.awaited()).contains("checkpoint \"orders\" to be saved");
    assertThat(saving.lastError()).hasRootCause(full);
    broken = Optional.empty();
    runtime.advance(Duration.ofSeconds(1));
    assertThat(saving.awaited()).isEmpty();
    assertThat(saving.lastError()).isNull();
  }
}
