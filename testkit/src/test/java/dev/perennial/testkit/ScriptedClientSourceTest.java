package dev.perennial.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScriptedClientSourceTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HALF = Duration.ofMillis(500);

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedClientSource<Object> source = new ScriptedClientSource<>(runtime);

  @Test
  void aScriptIsFollowedInOrder() {
    ScriptedFailure refused = ScriptedFailure.retry("refused");
    ScriptedFailure cut = ScriptedFailure.retry("cut");
    ScriptedMalformed garbage = new ScriptedMalformed("garbage");
    source
        .fails(refused)
        .connects(c -> c.event(1, "a").progress(2).pause(SECOND).malformed(3, garbage).lose(cut))
        .connects(c -> c.end());
    runtime.run(() -> {
      assertThatThrownBy(() -> source.connect(Optional.empty())).isSameAs(refused);
      Connection<Object, ScriptedPosition> first = source.connect(at(0));
      assertThat(first.receive(HALF)).isEqualTo(Received.event("a", new ScriptedPosition(1)));
      assertThat(first.receive(Duration.ZERO))
          .isEqualTo(Received.progress(new ScriptedPosition(2)));
      assertThat(first.receive(Duration.ZERO)).isNull();
      assertThat(first.receive(HALF)).isNull();
      assertThat(runtime.elapsed()).isEqualTo(HALF);
      assertThat(first.receive(HALF)).isEqualTo(Received.event(garbage, new ScriptedPosition(3)));
      assertThat(runtime.elapsed()).isEqualTo(SECOND);
      assertThatThrownBy(() -> first.receive(HALF)).isSameAs(cut);
      first.close(SECOND);
      Connection<Object, ScriptedPosition> second = source.connect(at(3));
      assertThat(second.receive(HALF)).isEqualTo(Received.end());
      second.close(SECOND);
      Connection<Object, ScriptedPosition> silent = source.connect(at(3));
      assertThat(silent.receive(HALF)).isNull();
      assertThat(source.hasOpenConnection()).isTrue();
      silent.close(SECOND);
      source.close();
    });
    assertThat(source.connects())
        .extracting(ScriptedSource.Connect::after)
        .containsExactly(Optional.empty(), at(0), at(3), at(3));
    assertThat(source.closedConnections()).containsExactly(2, 3, 4);
    assertThat(source.isClosed()).isTrue();
    source.assertNoViolations();
  }

  @Test
  void connectTakesItsTimeOrHangsUntilInterrupted() {
    source.hangs(SECOND).fails(ScriptedFailure.retry("slow")).hangs();
    runtime.run(() -> {
      assertThatThrownBy(() -> source.connect(at(0))).hasMessage("slow");
      assertThat(runtime.elapsed()).isEqualTo(SECOND);
      SimulatedThread connecting =
          runtime.spawn(
              "connecting",
              () ->
                  assertThatThrownBy(() -> source.connect(at(0)))
                      .isInstanceOf(InterruptedException.class));
      assertThat(connecting.join(SECOND)).isFalse();
      connecting.interrupt();
      connecting.join();
    });
  }

  @Test
  void wakeUpEndsAReceiveThatWaitsUnlessTheConnectionIgnoresIt() {
    source.connects(c -> {}).connects(c -> c.ignoresWakeUp());
    runtime.run(() -> {
      for (Duration expected : new Duration[] {Duration.ZERO, HALF}) {
        Connection<Object, ScriptedPosition> connection = source.connect(at(0));
        Duration before = runtime.elapsed();
        SimulatedThread receiver =
            runtime.spawn("receiver", () -> assertThat(connection.receive(HALF)).isNull());
        connection.wakeUp();
        receiver.join();
        assertThat(runtime.elapsed().minus(before)).isEqualTo(expected);
        connection.close(SECOND);
      }
    });
  }

  @Test
  void receiveHangsWhateverItsTimeoutAndIsUsableAfterAnInterrupt() {
    source.connects(c -> c.hang(SECOND.multipliedBy(9)).event(1, "a").hang().event(2, "b"));
    runtime.run(() -> {
      Connection<Object, ScriptedPosition> connection = source.connect(at(0));
      assertThat(connection.receive(Duration.ZERO)).isNull();
      assertThat(connection.receive(HALF)).isEqualTo(Received.event("a", new ScriptedPosition(1)));
      assertThat(runtime.elapsed()).isEqualTo(SECOND.multipliedBy(9));
      SimulatedThread receiver =
          runtime.spawn(
              "receiver",
              () -> {
                assertThatThrownBy(() -> connection.receive(HALF))
                    .isInstanceOf(InterruptedException.class);
                assertThat(connection.receive(HALF))
                    .isEqualTo(Received.event("b", new ScriptedPosition(2)));
              });
      runtime.sleep(SECOND);
      connection.wakeUp();
      runtime.sleep(SECOND);
      receiver.interrupt();
      receiver.join();
    });
  }

  @Test
  void aStallIgnoresInterruptsAndKeepsThem() {
    source.connects(c -> c.stall(SECOND.multipliedBy(9)).event(1, "a"));
    runtime.run(() -> {
      Connection<Object, ScriptedPosition> connection = source.connect(at(0));
      SimulatedThread receiver =
          runtime.spawn(
              "receiver",
              () -> {
                assertThat(connection.receive(HALF)).isNotNull();
                assertThat(runtime.elapsed()).isEqualTo(SECOND.multipliedBy(9));
                assertThat(Thread.interrupted()).isTrue();
              });
      runtime.sleep(SECOND);
      receiver.interrupt();
      receiver.join();
    });
  }

  @Test
  void closeTakesItsTimeFailsOrHangs() {
    source
        .connects(c -> c.closeTakes(SECOND).closeFails(new IOException("no goodbye")))
        .connects(c -> c.closeHangs());
    runtime.run(() -> {
      assertThatThrownBy(() -> source.connect(at(0)).close(SECOND)).hasMessage("no goodbye");
      assertThat(runtime.elapsed()).isEqualTo(SECOND);
      Connection<Object, ScriptedPosition> second = source.connect(at(0));
      SimulatedThread closer =
          runtime.spawn(
              "closer",
              () ->
                  assertThatThrownBy(() -> second.close(SECOND))
                      .isInstanceOf(InterruptedException.class));
      assertThat(closer.join(SECOND)).isFalse();
      closer.interrupt();
      closer.join();
      assertThat(source.hasOpenConnection()).isFalse();
    });
  }

  @Test
  void startAndRecoverFollowTheScript() {
    source
        .start(7)
        .configuredStart("from 7")
        .startFails(ScriptedFailure.retry("not yet"))
        .recovers((lost, cause) -> Recovery.restart(new ScriptedPosition(9), "gap"));
    runtime.run(() -> {
      assertThatThrownBy(source::start).hasMessage("not yet");
      assertThat(source.start()).isEqualTo(at(7));
      assertThat(source.noStart().start()).isEmpty();
      Throwable cause = ScriptedFailure.positionLost("gone");
      assertThat(source.recover(new ScriptedPosition(1), cause))
          .isEqualTo(Recovery.restart(new ScriptedPosition(9), "gap"));
      assertThat(source.recover(new ScriptedPosition(2), cause)).isEqualTo(Recovery.stop());
    });
    assertThat(source.starts()).isEqualTo(3);
    assertThat(source.configuredStart()).contains("from 7");
    assertThat(source.lostPositions())
        .containsExactly(new ScriptedPosition(1), new ScriptedPosition(2));
  }

  @Test
  void checkpointsAreReadBackAndForeignOnesRefused() throws CheckpointException {
    source.fingerprint("v1");
    Checkpoint saved = source.encode(new ScriptedPosition(-3));
    assertThat(source.decode(saved)).isEqualTo(new ScriptedPosition(-3));
    assertThatThrownBy(() -> source.decode(new Checkpoint("other", "v1", "1")))
        .extracting("reason")
        .isEqualTo(CheckpointException.Reason.MISMATCH);
    assertThatThrownBy(() -> source.decode(new Checkpoint("scripted", "v2", "1")))
        .extracting("reason")
        .isEqualTo(CheckpointException.Reason.MISMATCH);
    assertThatThrownBy(() -> source.decode(new Checkpoint("scripted", "v1", "x")))
        .extracting("reason")
        .isEqualTo(CheckpointException.Reason.CORRUPT);
    source.degrades(foreign -> new ScriptedPosition(0));
    assertThat(source.decode(new Checkpoint("scripted", "v2", "1")))
        .isEqualTo(new ScriptedPosition(0));
  }

  @Test
  void failuresCarryTheirVerdict() {
    assertThat(source.errors().classify(ScriptedFailure.retry("x"))).contains(Verdict.retry());
    assertThat(source.errors().classify(ScriptedFailure.retryAfter(SECOND, "x")))
        .contains(Verdict.retryAfter(SECOND));
    assertThat(source.errors().classify(ScriptedFailure.positionLost("x")))
        .contains(Verdict.positionLost());
    assertThat(source.errors().classify(ScriptedFailure.fatal("x"))).contains(Verdict.fatal());
    assertThat(source.errors().classify(ScriptedFailure.unknown("x"))).isEmpty();
    assertThat(source.errors().classify(new RuntimeException())).isEmpty();
  }

  @Test
  void anAnswerCanDependOnTheCall() {
    source
        .answers(connect ->
            ConnectAnswer.<Object>fails(ScriptedFailure.retry("n" + connect.number()))
                .after(SECOND))
        .thereafter(connect ->
            ConnectAnswer.connects(
                c -> c.event(connect.after().map(ScriptedPosition::value).orElse(0L) + 1, "next")));
    runtime.run(() -> {
      assertThatThrownBy(() -> source.connect(at(0))).hasMessage("n1");
      assertThat(runtime.elapsed()).isEqualTo(SECOND);
      assertThat(source.connect(at(4)).receive(HALF))
          .isEqualTo(Received.event("next", new ScriptedPosition(5)));
    });
  }

  // --- violations of the contract, each of which ends a virtual run

  @Test
  void overlappingCallsAreAViolation() {
    assertViolation(
        (source, runtime) -> {
          Connection<Object, ScriptedPosition> connection = source.connect(at(0));
          runtime.spawn("receiver", () -> connection.receive(HALF));
          runtime.sleep(Duration.ofMillis(1));
          connection.close(SECOND);
        },
        "close of connection 1 overlaps receive on connection 1");
  }

  @Test
  void callsInTheWrongStateAreViolations() {
    assertViolation(
        (source, runtime) -> source.connect(at(0)).receive(SECOND),
        "receive on connection 1 was called with a timeout of 1 s");
    assertViolation(
        (source, runtime) -> {
          Connection<Object, ScriptedPosition> connection = source.connect(at(0));
          connection.close(SECOND);
          connection.receive(HALF);
        },
        "receive on connection 1 was called after it was closed");
    assertViolation(
        (source, runtime) -> {
          Connection<Object, ScriptedPosition> connection = source.connect(at(0));
          connection.close(SECOND);
          connection.close(SECOND);
        },
        "connection 1 was closed twice");
    assertViolation(
        (source, runtime) -> {
          source.connects(c -> c.lose(ScriptedFailure.retry("cut")));
          Connection<Object, ScriptedPosition> connection = source.connect(at(0));
          assertThatThrownBy(() -> connection.receive(HALF)).hasMessage("cut");
          connection.receive(HALF);
        },
        "receive on connection 1 was called after it was lost");
    assertViolation(
        (source, runtime) -> {
          source.connect(at(0));
          source.connect(at(0));
        },
        "connect was called while connection 1 was open");
    assertViolation(
        (source, runtime) -> {
          source.connect(at(0));
          source.close();
        },
        "close of the source was called while connection 1 was open");
    assertViolation(
        (source, runtime) -> {
          source.close();
          source.connect(at(0));
        },
        "connect was called after the source was closed");
    assertViolation(
        (source, runtime) -> {
          source.close();
          source.close();
        },
        "the source was closed twice");
  }

  @Test
  void inRealTimeViolationsAreRecorded() throws Exception {
    ScriptedClientSource<Object> real = new ScriptedClientSource<>(StreamRuntime.system());
    Connection<Object, ScriptedPosition> connection = real.connect(at(0));
    assertThat(connection.receive(Duration.ofMillis(1))).isNull();
    real.assertNoViolations();
    connection.close(SECOND);
    connection.close(SECOND);
    assertThatThrownBy(real::assertNoViolations)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("connection 1 was closed twice");
  }

  /** Calls that violate the contract of a source. */
  private interface Misuse {
    void of(ScriptedClientSource<Object> source, VirtualRuntime runtime) throws Exception;
  }

  private static void assertViolation(Misuse misuse, String message) {
    VirtualRuntime runtime = new VirtualRuntime(1);
    ScriptedClientSource<Object> source = new ScriptedClientSource<>(runtime);
    assertThatThrownBy(() -> runtime.run(() -> misuse.of(source, runtime)))
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining(message);
    assertThat(source.violations())
        .anySatisfy(violation -> assertThat(violation).contains(message));
  }

  private static Optional<ScriptedPosition> at(long position) {
    return Optional.of(new ScriptedPosition(position));
  }
}
