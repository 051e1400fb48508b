package dev.perennial.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.perennial.StreamClosedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.Threads;
import dev.perennial.port.ManualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LifecycleTest {

  private final ManualRuntime runtime = new ManualRuntime();
  private final AtomicInteger woken = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private final List<StreamListener.Transition> transitions = new ArrayList<>();
  private final StreamListener listener =
      new StreamListener() {
        @Override
        public void onTransition(Transition transition) {
          transitions.add(transition);
        }
      };
  private final Lifecycle lifecycle = lifecycle();

  private Lifecycle lifecycle() {
    StreamContext context = TestContext.of(runtime, listener);
    context.signal().onWake(woken::incrementAndGet);
    context.lifecycle().onFailure(failures::incrementAndGet);
    return context.lifecycle();
  }

  private final Throwable cause = new IllegalStateException("cause");
  private final StreamFailure failure = StreamFailure.of(Reason.FATAL, "it failed", cause);

  @ParameterizedTest
  @EnumSource(names = {"CLAIMING", "CONNECTING", "LIVE", "BACKING_OFF", "ENDED"})
  @DisplayName("a running stream changes its state and reports from which state and why")
  void moves(StreamState to) {
    lifecycle.move(new StateChange(to, Optional.of(cause), 3, Optional.of(Duration.ofSeconds(2))));
    assertThat(lifecycle.state()).isEqualTo(to);
    assertThat(lifecycle.isOver()).isFalse();
    lifecycle.check();
    assertThat(transitions).hasSize(1);
    StreamListener.Transition transition = transitions.get(0);
    assertThat(transition.from()).isEqualTo(StreamState.NEW);
    assertThat(transition.to()).isEqualTo(to);
    assertThat(transition.cause()).contains(cause);
    assertThat(transition.attempt()).isEqualTo(3);
    assertThat(transition.delay()).contains(Duration.ofSeconds(2));
    assertThat(transition.connectionAge()).isEmpty();
    assertThat(woken).hasValue(0);
  }

  static Stream<Consumer<Lifecycle>> endsOfAConnection() {
    return Stream.of(
        lifecycle -> lifecycle.move(StateChange.to(StreamState.ENDED)),
        lifecycle ->
            lifecycle.move(StateChange.backingOff(new Exception(), 1, Duration.ofSeconds(1))),
        lifecycle -> lifecycle.fail(StreamFailure.of(Reason.HANDLER, "it failed", null)),
        Lifecycle::beginClose);
  }

  @ParameterizedTest
  @MethodSource("endsOfAConnection")
  @DisplayName("only a transition that ends a connection carries its age")
  void connectionAge(Consumer<Lifecycle> end) {
    lifecycle.move(StateChange.to(StreamState.CONNECTING));
    runtime.advance(Duration.ofSeconds(2));
    lifecycle.move(StateChange.live(0));
    runtime.advance(Duration.ofSeconds(9));
    end.accept(lifecycle);
    runtime.advance(Duration.ofSeconds(4));
    lifecycle.closed();
    runtime.runTasks();
    assertThat(transitions)
        .extracting(StreamListener.Transition::connectionAge)
        .containsExactly(
            Optional.empty(),
            Optional.empty(),
            Optional.of(Duration.ofSeconds(9)),
            Optional.empty());
  }

  @Test
  @DisplayName("a change is reported without an age if there is no memory for the time")
  void noTime() {
    ManualRuntime broken =
        new ManualRuntime() {
          @Override
          public long nanoTime() {
            throw new Error("no memory");
          }
        };
    Lifecycle untimed = TestContext.of(broken, listener).lifecycle();
    untimed.move(StateChange.live(0));
    untimed.move(StateChange.to(StreamState.ENDED));
    assertThat(transitions).hasSize(2);
    assertThat(transitions.get(1).connectionAge()).isEmpty();
  }

  @Test
  @DisplayName("the first failure wins, wakes threads, and is thrown by each call")
  void fails() {
    assertThat(lifecycle.fail(failure)).isTrue();
    assertThat(lifecycle.fail(StreamFailure.of(Reason.HANDLER, "another", null))).isFalse();
    assertThat(lifecycle.state()).isEqualTo(StreamState.FAILED);
    assertThat(woken).hasValue(1);
    assertThat(failures).hasValue(1);
    assertThat(transitions).hasSize(1);
    StreamFailedException first = thrownByCheck();
    StreamFailedException second = thrownByCheck();
    assertThat(first.reason()).isEqualTo(Reason.FATAL);
    assertThat(first).hasMessage("it failed").hasCause(cause);
    assertThat(second).isNotSameAs(first).hasMessage("it failed");
  }

  private StreamFailedException thrownByCheck() {
    try {
      lifecycle.check();
    } catch (StreamFailedException e) {
      return e;
    }
    throw new AssertionError("check() of a failed stream must throw");
  }

  @Test
  @DisplayName("a failed stream does not change its state, and move() throws")
  void failedDoesNotMove() {
    lifecycle.fail(failure);
    assertThatExceptionOfType(StreamFailedException.class)
        .isThrownBy(() -> lifecycle.move(StateChange.live(0)));
    assertThat(lifecycle.state()).isEqualTo(StreamState.FAILED);
    assertThat(transitions).hasSize(1);
  }

  @Test
  @DisplayName("closing takes precedence over a failure, happens once, and is final")
  void closes() {
    lifecycle.fail(failure);
    assertThat(lifecycle.isClosing()).isFalse();
    lifecycle.beginClose();
    lifecycle.beginClose();
    assertThat(lifecycle.isClosing()).isTrue();
    assertThat(lifecycle.fail(failure)).isFalse();
    assertThatExceptionOfType(StreamClosedException.class)
        .isThrownBy(lifecycle::check)
        .withMessageContaining("test")
        .withCauseInstanceOf(StreamFailedException.class);
    runtime.runTasks();
    assertThat(lifecycle.closedException().getCause()).hasMessage("it failed");
    lifecycle.closed();
    lifecycle.beginClose();
    assertThatExceptionOfType(StreamClosedException.class)
        .isThrownBy(() -> lifecycle.move(StateChange.live(0)));
    runtime.runTasks();
    assertThat(transitions.stream().map(StreamListener.Transition::to))
        .containsExactly(StreamState.FAILED, StreamState.CLOSING, StreamState.CLOSED);
    assertThat(woken.get()).isGreaterThanOrEqualTo(3);
  }

  @Test
  @DisplayName("a closing stream is over, an ended one is not")
  void over() {
    lifecycle.move(StateChange.to(StreamState.ENDED));
    assertThat(lifecycle.isOver()).isFalse();
    lifecycle.beginClose();
    assertThat(lifecycle.isOver()).isTrue();
  }

  @Test
  @DisplayName("a failure at the same time as a close does not replace the close")
  void race() throws Exception {
    try (Threads threads = new Threads()) {
      for (int round = 0; round < 500; round++) {
        Lifecycle each =
            new Lifecycle(
                new StreamSignal(runtime.newSignal()),
                new StreamObserver("test", List.of()),
                runtime);
        var failing = threads.run(() -> each.fail(failure));
        each.beginClose();
        Threads.join(failing);
        assertThat(each.state()).isEqualTo(StreamState.CLOSING);
        assertThatExceptionOfType(StreamClosedException.class).isThrownBy(each::check);
      }
    }
  }
}
