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
  private final AtomicInteger deaths = new AtomicInteger();
  private final List<StreamListener.Transition> told = new ArrayList<>();
  private final StreamListener listener =
      new StreamListener() {
        @Override
        public void onTransition(Transition transition) {
          told.add(transition);
        }
      };
  private final Lifecycle lifecycle = lifecycle();

  private Lifecycle lifecycle() {
    StreamContext context = TestContext.of(runtime, listener);
    context.signal().onWake(woken::incrementAndGet);
    context.lifecycle().onFailure(deaths::incrementAndGet);
    return context.lifecycle();
  }

  private final Throwable cause = new IllegalStateException("cause");
  private final StreamFailure death = StreamFailure.of(Reason.FATAL, "it died", cause);

  @ParameterizedTest
  @EnumSource(names = {"CLAIMING", "CONNECTING", "LIVE", "BACKING_OFF", "ENDED"})
  @DisplayName("a stream that is alive moves, and tells from where, and why")
  void moves(StreamState to) {
    lifecycle.move(new StateChange(to, Optional.of(cause), 3, Optional.of(Duration.ofSeconds(2))));
    assertThat(lifecycle.state()).isEqualTo(to);
    assertThat(lifecycle.isOver()).isFalse();
    lifecycle.check();
    assertThat(told).hasSize(1);
    StreamListener.Transition transition = told.get(0);
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
  @DisplayName("a transition that ends a connection carries its age, and no other does")
  void connectionAge(Consumer<Lifecycle> end) {
    lifecycle.move(StateChange.to(StreamState.CONNECTING));
    runtime.advance(Duration.ofSeconds(2));
    lifecycle.move(StateChange.live(0));
    runtime.advance(Duration.ofSeconds(9));
    end.accept(lifecycle);
    runtime.advance(Duration.ofSeconds(4));
    lifecycle.closed();
    runtime.runTasks();
    assertThat(told)
        .extracting(StreamListener.Transition::connectionAge)
        .containsExactly(
            Optional.empty(),
            Optional.empty(),
            Optional.of(Duration.ofSeconds(9)),
            Optional.empty());
  }

  @Test
  @DisplayName("the first death counts, wakes, and is told anew at each call")
  void dies() {
    assertThat(lifecycle.fail(death)).isTrue();
    assertThat(lifecycle.fail(StreamFailure.of(Reason.HANDLER, "another", null))).isFalse();
    assertThat(lifecycle.state()).isEqualTo(StreamState.FAILED);
    assertThat(woken).hasValue(1);
    assertThat(deaths).hasValue(1);
    assertThat(told).hasSize(1);
    StreamFailedException first = thrownByCheck();
    StreamFailedException second = thrownByCheck();
    assertThat(first.reason()).isEqualTo(Reason.FATAL);
    assertThat(first).hasMessage("it died").hasCause(cause);
    assertThat(second).isNotSameAs(first).hasMessage("it died");
  }

  private StreamFailedException thrownByCheck() {
    try {
      lifecycle.check();
    } catch (StreamFailedException e) {
      return e;
    }
    throw new AssertionError("a dead stream says so");
  }

  @Test
  @DisplayName("a dead stream moves nowhere, and says so where it is asked to")
  void deadDoesNotMove() {
    lifecycle.fail(death);
    assertThatExceptionOfType(StreamFailedException.class)
        .isThrownBy(() -> lifecycle.move(StateChange.live(0)));
    assertThat(lifecycle.state()).isEqualTo(StreamState.FAILED);
    assertThat(told).hasSize(1);
  }

  @Test
  @DisplayName("closing beats everything, once, and is final")
  void closes() {
    lifecycle.fail(death);
    assertThat(lifecycle.isClosing()).isFalse();
    lifecycle.beginClose();
    lifecycle.beginClose();
    assertThat(lifecycle.isClosing()).isTrue();
    assertThat(lifecycle.fail(death)).isFalse();
    assertThatExceptionOfType(StreamClosedException.class)
        .isThrownBy(lifecycle::check)
        .withMessageContaining("test")
        .withCauseInstanceOf(StreamFailedException.class);
    runtime.runTasks();
    assertThat(lifecycle.closedException().getCause()).hasMessage("it died");
    lifecycle.closed();
    lifecycle.beginClose();
    assertThatExceptionOfType(StreamClosedException.class)
        .isThrownBy(() -> lifecycle.move(StateChange.live(0)));
    runtime.runTasks();
    assertThat(told.stream().map(StreamListener.Transition::to))
        .containsExactly(StreamState.FAILED, StreamState.CLOSING, StreamState.CLOSED);
    assertThat(woken.get()).isGreaterThanOrEqualTo(3);
  }

  @Test
  @DisplayName("over are the failed and the closed, not what has ended")
  void over() {
    lifecycle.move(StateChange.to(StreamState.ENDED));
    assertThat(lifecycle.isOver()).isFalse();
    lifecycle.beginClose();
    assertThat(lifecycle.isOver()).isTrue();
  }

  @Test
  @DisplayName("whoever fails it while it is closed: closing is what stays")
  void race() throws Exception {
    try (Threads threads = new Threads()) {
      for (int round = 0; round < 500; round++) {
        Lifecycle each =
            new Lifecycle(
                new StreamSignal(runtime.newSignal()),
                new StreamObserver("test", List.of()),
                runtime);
        var failing = threads.run(() -> each.fail(death));
        each.beginClose();
        Threads.join(failing);
        assertThat(each.state()).isEqualTo(StreamState.CLOSING);
        assertThatExceptionOfType(StreamClosedException.class).isThrownBy(each::check);
      }
    }
  }
}
