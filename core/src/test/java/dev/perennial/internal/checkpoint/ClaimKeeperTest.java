package dev.perennial.internal.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.contains;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.internal.stream.TestContext;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ManualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ClaimKeeperTest {

  private static final CheckpointException DOWN =
      CheckpointException.unavailable("the store is down.", null);
  private static final Duration TOLERATED = Duration.ofSeconds(60);

  private final ManualRuntime runtime = new ManualRuntime();
  private final StreamObserver observer = mock(StreamObserver.class);
  private final StreamContext context = TestContext.of(TestContext.options(runtime), observer);
  private final Lifecycle lifecycle = context.lifecycle();
  private final SerialExecutor executor = new SerialExecutor("store", runtime, error -> {});

  private Callable<Optional<CheckpointClaim>> answer = () -> Optional.of(new GrantedClaim());
  private Callable<Optional<Checkpoint>> loads = Optional::empty;
  private Runnable onClose = () -> {};
  private int tries;
  private int closed;
  private Consumer<CheckpointException> lost = why -> {};

  private final CheckpointStore store =
      (streamId, whenLost) -> {
        tries++;
        lost = whenLost;
        return sneakily(answer);
      };

  private final class GrantedClaim implements CheckpointClaim {

    @Override
    public Optional<Checkpoint> load() {
      return sneakily(loads);
    }

    @Override
    public void save(Checkpoint checkpoint) {
      throw new AssertionError("not asked for");
    }

    @Override
    public void close() {
      closed++;
      onClose.run();
    }
  }

  private int changes;
  private final List<Boolean> insideLost = new ArrayList<>();
  private final StoreOutageTimer outage = new StoreOutageTimer(options(Optional.empty()), context);
  private ClaimKeeper claim = claim(options(Optional.empty()));

  private CheckpointOptions options(Optional<Duration> waitForClaim) {
    return new CheckpointOptions(
        store, "orders", 1_000, Duration.ofSeconds(1), TOLERATED, waitForClaim, false);
  }

  private ClaimKeeper claim(CheckpointOptions options) {
    context
        .signal()
        .onWake(() -> {
          changes++;
          insideLost.add(claim.isInsideLost());
        });
    return new ClaimKeeper(options, executor, outage, context);
  }

  private static <T> T sneakily(Callable<T> call) {
    try {
      return call.call();
    } catch (Exception e) {
      throw ClaimKeeperTest.<RuntimeException>sneaky(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static <X extends Throwable> RuntimeException sneaky(Throwable error) throws X {
    throw (X) error;
  }

  private boolean await(Duration time) throws InterruptedException {
    return claim.await(Deadline.in(time, runtime));
  }

  private void assertFailed(Reason reason, String words) {
    assertThatExceptionOfType(StreamFailedException.class)
        .isThrownBy(lifecycle::check)
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason))
        .withMessageContaining(words);
  }

  @Test
  @DisplayName("a claim that is granted is reported with its checkpoint, and leaves no timer")
  void ready() throws Exception {
    Checkpoint saved = new Checkpoint("test", "", "7");
    loads = () -> Optional.of(saved);
    claim.begin();
    runtime.runTasks();
    assertThat(claim.isReady()).isTrue();
    assertThat(claim.loaded()).contains(saved);
    assertThat(claim.granted()).isNotNull();
    assertThat(claim.awaited()).isEmpty();
    assertThat(await(Duration.ZERO)).isTrue();
    assertThat(changes).isEqualTo(1);
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("the store has the tolerated time for the first try and again for the load")
  void slow() {
    answer =
        () -> {
          runtime.advance(TOLERATED.minusNanos(1));
          return Optional.of(new GrantedClaim());
        };
    loads =
        () -> {
          runtime.advance(TOLERATED.minusNanos(1));
          lifecycle.check();
          assertThat(claim.awaited()).contains("checkpoint \"orders\" to be loaded");
          runtime.advance(Duration.ofNanos(1));
          return Optional.empty();
        };
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CHECKPOINT, "has not worked for");
  }

  @Test
  @DisplayName("a first try that takes too long fails the stream, and the claim is released")
  void tooSlow() {
    answer =
        () -> {
          runtime.advance(TOLERATED);
          return Optional.of(new GrantedClaim());
        };
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CHECKPOINT, "has not worked for");
    assertThat(claim.granted()).isNull();
    assertThat(closed).isEqualTo(1);
  }

  @Test
  @DisplayName("a first try that fails ends the stream with the error of the store")
  void fails() {
    answer =
        () -> {
          throw DOWN;
        };
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CHECKPOINT, "so the stream did not start: the store is down.");
    assertThatExceptionOfType(StreamFailedException.class)
        .isThrownBy(lifecycle::check)
        .withMessageNotContaining("down..")
        .withMessageContaining("Cannot claim")
        .withCause(DOWN);
    assertThat(outage.lastError()).isSameAs(DOWN);
    assertThat(runtime.pendingTimers()).isZero();
    claim.begin();
    runtime.runTasks();
    assertThat(tries).isEqualTo(1);
  }

  @Test
  @DisplayName("a first try that fails is not repeated before the stream has failed")
  void failsOnce() {
    answer =
        () -> {
          // As the pulling thread does while it waits.
          claim.begin();
          throw DOWN;
        };
    claim.begin();
    runtime.runTasks();
    assertThat(tries).isEqualTo(1);
    assertFailed(Reason.CHECKPOINT, "so the stream did not start: the store is down.");
  }

  @Test
  @DisplayName("the message for an undeclared exception of tryClaim() names the method")
  void undeclared() {
    answer =
        () -> {
          throw new IllegalStateException("a driver's");
        };
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CHECKPOINT, ".tryClaim() threw");
  }

  @Test
  @DisplayName("the message for an undeclared exception of load() names the method")
  void undeclaredLoad() {
    loads =
        () -> {
          throw new IllegalStateException("a driver's");
        };
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CHECKPOINT, "GrantedClaim.load() threw");
    assertFailed(Reason.CHECKPOINT, "Cannot load");
  }

  @Test
  @DisplayName("a claim that is lost in the first try fails the stream with reason CLAIM_LOST")
  void lostAtOnce() {
    answer =
        () -> {
          throw CheckpointException.claimLost("another was quicker", null);
        };
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CLAIM_LOST, "another was quicker.");
  }

  @Test
  @DisplayName("the message for a store closed before the first try says what to do")
  void closedAtOnce() {
    answer =
        () -> {
          throw CheckpointException.closed("the store is closed");
        };
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CHECKPOINT, "the store is closed. Close a stream before its store.");
  }

  @Test
  @DisplayName("a claim that is lost during the load is closed by the release")
  void lostWhileLoaded() {
    loads =
        () -> {
          lost.accept(CheckpointException.claimLost("another has it", null));
          return Optional.empty();
        };
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CLAIM_LOST, "another has it");
    assertThat(claim.granted()).isNull();
    assertThat(closed).isZero();
    claim.release();
    assertThat(closed).isEqualTo(1);
  }

  @Test
  @DisplayName("a wait without time left still makes the first try and returns its result")
  void readyAtTheEnd() throws Exception {
    assertThat(await(Duration.ZERO)).isTrue();
    assertThat(tries).isEqualTo(1);
  }

  @Test
  @DisplayName("a standby tries once a second, is reported once, and survives failures")
  void standby() throws Exception {
    answer = Optional::empty;
    claim.begin();
    runtime.runTasks();
    verify(observer).standby("orders");
    assertThat(changes).isEqualTo(1);
    assertThat(claim.awaited()).contains("the claim on checkpoint \"orders\"");
    assertThat(await(Duration.ofMillis(10_500))).isFalse();
    assertThat(tries).isEqualTo(11);
    assertThat(runtime.pendingTimers()).isZero();
    answer =
        () -> {
          throw DOWN;
        };
    assertThat(await(Duration.ofSeconds(10))).isFalse();
    assertThat(tries).isEqualTo(21);
    assertThat(outage.lastError()).isSameAs(DOWN);
    verify(observer, times(10)).checkpointUnavailable("orders", DOWN);
    answer = () -> Optional.of(new GrantedClaim());
    loads =
        () -> {
          loads = Optional::empty;
          throw DOWN;
        };
    assertThat(await(Duration.ofSeconds(10))).isTrue();
    verify(observer, times(11)).checkpointUnavailable("orders", DOWN);
    verify(observer).standby(any());
    assertThat(outage.lastError()).isNull();
    assertThat(tries).isEqualTo(22);
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("a stream that must not wait as a standby fails at once")
  void mayNotWait() {
    answer = Optional::empty;
    claim = claim(options(Optional.of(Duration.ZERO)));
    claim.begin();
    runtime.runTasks();
    assertFailed(Reason.CHECKPOINT, "claimed by another stream");
    verify(observer, never()).standby(any());
  }

  @Test
  @DisplayName("a claim that arrives after the stream has closed is released at once")
  void late() {
    answer =
        () -> {
          lifecycle.beginClose();
          return Optional.of(new GrantedClaim());
        };
    claim.begin();
    runtime.runTasks();
    assertThat(closed).isEqualTo(1);
    assertThat(claim.granted()).isNull();
    claim.begin();
    runtime.runTasks();
    assertThat(tries).isEqualTo(1);
  }

  @Test
  @DisplayName("a loss is reported once, and only the release closes the lost claim")
  void lost() {
    claim.begin();
    runtime.runTasks();
    CheckpointException why = CheckpointException.claimLost("another has it.", null);
    lost.accept(why);
    assertFailed(Reason.CLAIM_LOST, "was lost: another has it. What was not saved");
    assertThat(insideLost).containsExactly(false, true, true);
    assertThat(claim.isInsideLost()).isFalse();
    assertThat(claim.granted()).isNull();
    assertThat(claim.barredBy()).isSameAs(why);
    lost.accept(CheckpointException.claimLost("once more", null));
    assertThat(changes).isEqualTo(3);
    assertThat(closed).isZero();
    claim.release();
    assertThat(closed).isEqualTo(1);
    assertThat(changes).isEqualTo(4);
    assertThat(claim.barredBy()).isSameAs(why);
    claim.release();
    assertThat(closed).isEqualTo(1);
  }

  @Test
  @DisplayName("the message for a store closed before its stream says what to do")
  void storeClosed() {
    claim.begin();
    runtime.runTasks();
    claim.bar(CheckpointException.closed("the store is closed"));
    assertFailed(Reason.CHECKPOINT, "Close a stream before its store; what was not saved");
  }

  @Test
  @DisplayName("after the release a loss is ignored, and no timer is left")
  void released() {
    claim.begin();
    runtime.runTasks();
    outage.begin();
    assertThat(runtime.pendingTimers()).isPositive();
    IllegalStateException broken = new IllegalStateException("of this test");
    onClose =
        () -> {
          throw broken;
        };
    claim.release();
    verify(observer).closeFailed(contains("\"orders\""), any());
    assertThat(runtime.pendingTimers()).isZero();
    lost.accept(CheckpointException.claimLost("too late", null));
    lifecycle.check();
    assertThat(claim.barredBy()).isNull();
    assertThat(changes).isEqualTo(2);
  }
}
