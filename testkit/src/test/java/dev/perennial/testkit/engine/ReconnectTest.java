package dev.perennial.testkit.engine;

import static dev.perennial.testkit.engine.EngineFixture.assertFailed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.AckMode;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Recovery;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.ErrorClassifiers;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.ScriptedSource.Connect;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ReconnectTest {

  private static final ScriptedFailure CUT = ScriptedFailure.retry("cut");

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedClientSource<String> source = new ScriptedClientSource<>(runtime);

  private EventStream<String> open() {
    return EventStream.from(source, Checkpoints.none()).runtime(runtime).open();
  }

  private static Optional<ScriptedPosition> at(long position) {
    return Optional.of(new ScriptedPosition(position));
  }

  private List<Optional<ScriptedPosition>> afters() {
    return source.connects().stream().map(Connect::after).toList();
  }

  private List<Duration> waits() {
    List<Duration> waits = new ArrayList<>();
    Instant last = null;
    for (Connect<ScriptedPosition> connect : source.connects()) {
      if (last != null) {
        waits.add(Duration.between(last, connect.at()));
      }
      last = connect.at();
    }
    return waits;
  }

  @Nested
  @DisplayName(
      "Invariant 4: a reconnect resumes after the last received position and keeps the window")
  class Resume {

    @Test
    @DisplayName(
        "events received before the loss are delivered once, and unacked events stay unacked")
    void afterTheLastReceived() {
      source
          .connects(c -> c.event(1, "a").event(2, "b").lose(CUT))
          .connects(c -> c.event(3, "c").progress(7).lose(CUT))
          .connects(c -> c.event(8, "d").end());
      runtime.run(() -> {
        EventStream<String> stream = open();
        List<String> events = new ArrayList<>();
        for (Delivery<String> delivery : stream) {
          events.add(delivery.event());
        }
        assertThat(events).containsExactly("a", "b", "c", "d");
        assertThat(afters()).containsExactly(at(0), at(2), at(7));
        assertThat(stream.stats().unacked()).isEqualTo(4);
        assertThat(stream.stats().reconnects()).isEqualTo(2);
        source.assertNoViolations();
      });
    }

    @Test
    @DisplayName("before the first event it resumes at the start, and calls start() only once")
    void atTheStart() {
      source.start(41).fails(CUT).connects(c -> c.lose(CUT)).connects(c -> c.event(42, "a"));
      runtime.run(() -> {
        open().next();
        assertThat(afters()).containsExactly(at(41), at(41), at(41));
        assertThat(source.starts()).isEqualTo(1);
      });
    }

    @Test
    @DisplayName(
        "a source that cannot name its start connects without a position until one is received")
    void noStart() {
      source.noStart().connects(c -> c.lose(CUT)).connects(c -> c.event(5, "a").lose(CUT));
      runtime.run(() -> {
        EventStream<String> stream = open();
        stream.next();
        assertThat(stream.next(Duration.ofSeconds(5))).isEmpty();
        assertThat(afters()).containsExactly(Optional.empty(), Optional.empty(), at(5));
      });
    }
  }

  @Nested
  @DisplayName(
      "Invariant 6: attempts and backoff start over only after a connection has proved itself")
  class Backoff {

    private final BackoffPolicy doubling =
        BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(8)).withJitter(0);

    private EventStream<String> open() {
      return EventStream.from(source, Checkpoints.none()).backoff(doubling).runtime(runtime).open();
    }

    @Test
    @DisplayName("the waits after failed attempts grow up to the cap")
    void escalates() {
      for (int i = 0; i < 6; i++) {
        source.fails(CUT);
      }
      source.connects(c -> c.event(1, "a"));
      runtime.run(() -> {
        open().next();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L, 8L, 8L);
      });
    }

    private final TransportException brokenBytes =
        new TransportException.Lost(1007, "not UTF-8", null);

    private EventStream<String> openWithTransport(int maxAttempts) {
      return EventStream.from(source, Checkpoints.none())
          .backoff(doubling)
          .errors(ErrorClassifiers.transport().orElse(source.errors()))
          .maxAttempts(maxAttempts)
          .runtime(runtime)
          .open();
    }

    @Test
    @DisplayName("the waits grow if broken bytes end each connection, even after events")
    void brokenBytes() {
      for (int i = 0; i < 5; i++) {
        int first = 2 * i;
        source.connects(c -> c.event(first, "a").event(first + 1, "b").lose(brokenBytes));
      }
      runtime.run(() -> {
        EventStream<String> stream = openWithTransport(100);
        for (int i = 0; i < 10; i++) {
          stream.next();
        }
        assertThat(stream.next(Duration.ofMinutes(1))).isEmpty();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(1L, 1L, 2L, 4L, 8L);
      });
    }

    @Test
    @DisplayName("the stream fails after maxAttempts connections that broken bytes ended")
    void brokenBytesExhaustsAttempts() {
      for (int i = 0; i < 4; i++) {
        int position = i;
        source.connects(c -> c.event(position, "a").lose(brokenBytes));
      }
      runtime.run(() -> {
        EventStream<String> stream = openWithTransport(3);
        for (int i = 0; i < 4; i++) {
          stream.next();
        }
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                failure -> {
                  assertThat(failure.reason()).isEqualTo(Reason.ATTEMPTS_EXHAUSTED);
                  assertThat(failure.attempts()).isEqualTo(3);
                });
      });
    }

    @Test
    @DisplayName("an event proves the next connection if something else than broken bytes ends it")
    void brokenBytesOnce() {
      source
          .connects(c -> c.event(1, "a").lose(brokenBytes))
          .connects(c -> c.event(2, "b").lose(CUT))
          .connects(c -> c.event(3, "c").lose(brokenBytes))
          .connects(c -> c.event(4, "d").lose(CUT));
      runtime.run(() -> {
        EventStream<String> stream = openWithTransport(1);
        for (int i = 0; i < 4; i++) {
          stream.next();
        }
        assertThat(stream.next(Duration.ofMinutes(1))).isEmpty();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(1L, 1L, 1L, 1L);
      });
    }

    @Test
    @DisplayName("the waits start over after a proved connection that broken bytes did not end")
    void brokenBytesOver() {
      for (int i = 0; i < 3; i++) {
        int position = i;
        source.connects(c -> c.event(position, "a").lose(brokenBytes));
      }
      source.connects(c -> c.event(3, "b").lose(CUT)).connects(c -> c.event(4, "c"));
      runtime.run(() -> {
        EventStream<String> stream = openWithTransport(100);
        for (int i = 0; i < 5; i++) {
          stream.next();
        }
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(1L, 1L, 2L, 1L);
      });
    }

    @Test
    @DisplayName("a connection that lived for stableAfter is proved even if broken bytes end it")
    void brokenBytesRarely() {
      for (int i = 0; i < 3; i++) {
        int position = i;
        source.connects(
            c -> c.event(position, "a").pause(Duration.ofSeconds(31)).lose(brokenBytes));
      }
      runtime.run(() -> {
        EventStream<String> stream = openWithTransport(1);
        for (int i = 0; i < 3; i++) {
          stream.next();
        }
        assertThat(stream.next(Duration.ofMinutes(1))).isEmpty();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(32L, 32L, 32L);
      });
    }

    @Test
    @DisplayName("a connection that is accepted and closed at once counts as a failed attempt")
    void acceptThenClose() {
      for (int i = 0; i < 4; i++) {
        source.connects(c -> c.lose(CUT));
      }
      source.connects(c -> c.event(1, "a"));
      runtime.run(() -> {
        open().next();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L);
      });
    }

    @Test
    @DisplayName(
        "an event or progress proves a connection, and the reconnect waits for the first delay")
    void proved() {
      source
          .fails(CUT)
          .fails(CUT)
          .connects(c -> c.event(1, "a").lose(CUT))
          .fails(CUT)
          .connects(c -> c.progress(2).lose(CUT))
          .connects(c -> c.event(3, "b"));
      runtime.run(() -> {
        EventStream<String> stream = open();
        stream.next();
        stream.next();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(1L, 2L, 1L, 1L, 1L);
      });
    }

    @Test
    @DisplayName("a silent connection proves itself only after stableAfter")
    void livedLong() {
      source
          .fails(CUT)
          .connects(c -> c.pause(Duration.ofSeconds(29)).lose(CUT))
          .connects(c -> c.pause(Duration.ofSeconds(31)).lose(CUT))
          .connects(c -> c.event(1, "a"));
      runtime.run(() -> {
        open().next();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(1L, 29L + 2, 31L + 1);
      });
    }

    @Test
    @DisplayName("exactly stableAfter is long enough")
    void livedJustLong() {
      source
          .fails(CUT)
          .fails(CUT)
          .connects(c -> c.pause(Duration.ofSeconds(30)).lose(CUT))
          .connects(c -> c.event(1, "a"));
      runtime.run(() -> {
        open().next();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(1L, 2L, 30L + 1);
      });
    }

    @Test
    @DisplayName("a dropped redelivery does not prove a connection")
    void redeliveryProvesNothing() {
      ScriptedServerSource<String> server =
          new ScriptedServerSource<String>(runtime)
              .connects(c -> c.event(1, "a").lose(CUT))
              .connects(c -> c.event(1, "a").lose(CUT))
              .connects(c -> c.event(1, "a").lose(CUT))
              .connects(c -> c.event(2, "b"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(server).backoff(doubling).runtime(runtime).open();
        stream.next();
        stream.next();
        List<Instant> at = server.connects().stream().map(Connect::at).toList();
        assertThat(Duration.between(at.get(0), at.get(1)).toSeconds()).isEqualTo(1);
        assertThat(Duration.between(at.get(1), at.get(2)).toSeconds()).isEqualTo(1);
        assertThat(Duration.between(at.get(2), at.get(3)).toSeconds()).isEqualTo(2);
      });
    }

    @Test
    @DisplayName("maxAttempts(n) fails the stream at the nth failure in a row")
    void exhausted() {
      source
          .fails(CUT)
          .connects(c -> c.event(1, "a").lose(CUT))
          .fails(CUT)
          .connects(c -> c.lose(CUT))
          .fails(CUT);
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none()).maxAttempts(3).runtime(runtime).open();
        stream.next();
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                failure -> {
                  assertThat(failure.reason().tag()).isEqualTo("attempts-exhausted");
                  assertThat(failure.attempts()).isEqualTo(3);
                  assertThat(failure).hasCause(CUT);
                  assertThat(failure.lastPosition()).contains(new ScriptedPosition(1));
                });
        assertThat(source.connects()).hasSize(5);
      });
    }

    @Test
    @DisplayName("the wait of a verdict counts if it is longer than the backoff")
    void atLeast() {
      source
          .fails(ScriptedFailure.retryAfter(Duration.ofSeconds(20), "busy"))
          .fails(ScriptedFailure.retryAfter(Duration.ofMillis(1), "busy"))
          .connects(c -> c.event(1, "a"));
      runtime.run(() -> {
        open().next();
        assertThat(waits()).extracting(Duration::toSeconds).containsExactly(20L, 2L);
      });
    }
  }

  @Nested
  @DisplayName("Classification of errors")
  class Errors {

    @Test
    @DisplayName("an error that no classifier knows is fatal, and the message says what to do")
    void unknown() {
      IllegalStateException odd = new IllegalStateException("odd");
      source.connects(c -> c.event(1, "a").lose(odd));
      runtime.run(() -> {
        EventStream<String> stream = open();
        stream.next();
        assertFailed("fatal", stream::next)
            .hasCause(odd)
            .hasMessageContaining("Verdict.retry()")
            .hasMessageContaining("receive");
        assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
        assertThat(source.hasOpenConnection()).isFalse();
        assertThat(source.connects()).hasSize(1);
      });
    }

    @Test
    @DisplayName("the message for an error with a fatal verdict does not suggest a classifier")
    void fatal() {
      source.fails(ScriptedFailure.fatal("wrong password"));
      runtime.run(() ->
          assertFailed("fatal", () -> open().next())
              .hasMessageContaining("wrong password")
              .hasMessageContaining("trying again would not help")
              .hasMessageNotContaining("Verdict"));
    }

    @Test
    @DisplayName("the application's classifier takes precedence over the source's")
    void applicationFirst() {
      source.fails(ScriptedFailure.fatal("wrong password")).connects(c -> c.event(1, "a"));
      runtime.run(() -> {
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.none())
                .errors(error ->
                    "wrong password".equals(error.getMessage())
                        ? Optional.of(Verdict.retry())
                        : Optional.empty())
                .runtime(runtime)
                .open();
        assertThat(stream.next().event()).isEqualTo("a");
      });
    }
  }

  @Nested
  @DisplayName("When the position is lost")
  class PositionLost {

    private final ScriptedFailure lost = ScriptedFailure.positionLost("history is gone");

    @Test
    @DisplayName("the source can stop the stream")
    void stops() {
      source.connects(c -> c.event(4, "a").lose(CUT)).fails(lost);
      runtime.run(() -> {
        EventStream<String> stream = open();
        stream.next();
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                failure -> {
                  assertThat(failure.reason().tag()).isEqualTo("position-lost");
                  assertThat(failure.lastPosition()).contains(new ScriptedPosition(4));
                })
            .hasMessageContaining("Checkpoints.startAfresh()")
            .hasCause(lost);
        assertThat(source.lostPositions()).containsExactly(new ScriptedPosition(4));
      });
    }

    @Test
    @DisplayName("the source can restart at another position, with a notice before its events")
    void restarts() {
      source
          .recovers((position, cause) -> Recovery.restart(new ScriptedPosition(100), "gap"))
          .connects(c -> c.event(4, "a").lose(lost))
          .connects(c -> c.event(101, "b"));
      runtime.run(() -> {
        EventStream<String> stream = open();
        stream.next();
        Delivery<String> gap = stream.next();
        assertThat(gap.event()).isEqualTo("gap");
        assertThat(gap.position()).isEqualTo(new ScriptedPosition(100));
        assertThat(stream.next().event()).isEqualTo("b");
        assertThat(afters()).containsExactly(at(0), at(100));
      });
    }

    @Test
    @DisplayName("a recovery that throws is a failed attempt and is retried")
    void recoveryFails() {
      source
          .recovers((position, cause) -> {
            throw CUT;
          })
          .recovers((position, cause) -> Recovery.restart(new ScriptedPosition(100)))
          .connects(c -> c.event(4, "a").lose(lost))
          .connects(c -> c.event(101, "b"));
      runtime.run(() -> {
        EventStream<String> stream = open();
        stream.next();
        assertThat(stream.next().event()).isEqualTo("b");
        assertThat(source.lostPositions()).hasSize(2);
      });
    }

    @Test
    @DisplayName("the third recovery with no proved connection in between is fatal")
    void capped() {
      source
          .recoversAlways(
              (position, cause) -> Recovery.restart(new ScriptedPosition(position.value() + 10)))
          .thereafter(connect -> ConnectAnswer.fails(lost));
      runtime.run(() -> {
        EventStream<String> stream = open();
        assertFailed("position-lost", stream::next)
            .hasMessageContaining("Cannot resume at position #20")
            .hasMessageContaining("3 times");
        assertThat(source.lostPositions())
            .containsExactly(new ScriptedPosition(0), new ScriptedPosition(10));
      });
    }

    @Test
    @DisplayName("a proved connection resets the count of recoveries")
    void countReset() {
      source.recoversAlways(
          (position, cause) -> Recovery.restart(new ScriptedPosition(position.value() + 10)));
      for (int i = 0; i < 6; i++) {
        int first = 10 * i + 1;
        source.connects(c -> c.event(first, "e" + first).lose(lost)).fails(lost);
      }
      source.connects(c -> c.event(1_000, "last"));
      runtime.run(() -> {
        EventStream<String> stream = open();
        Delivery<String> next = stream.next();
        while (!next.event().equals("last")) {
          next = stream.next();
        }
        assertThat(source.lostPositions()).hasSize(12);
      });
    }

    @Test
    @DisplayName("before the first position, the message blames the classifier")
    void lostBeforeAny() {
      source.noStart().fails(lost);
      runtime.run(() ->
          assertFailed("position-lost", () -> open().next())
              .hasMessageContaining("there is none yet")
              .hasMessageContaining("history is gone"));
    }

    @Test
    @DisplayName("a server-tracked source has no position to lose")
    void serverTracked() {
      ScriptedServerSource<String> server = new ScriptedServerSource<String>(runtime).fails(lost);
      runtime.run(() ->
          assertFailed("fatal", () -> EventStream.from(server).runtime(runtime).open().next()));
    }

    @Test
    @DisplayName("the failure of a server-tracked stream still names the last position")
    void serverTrackedPosition() {
      ScriptedServerSource<String> server =
          new ScriptedServerSource<String>(runtime)
              .connects(c -> c.event(7, "a").lose(ScriptedFailure.fatal("wrong password")));
      runtime.run(() -> {
        EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
        Delivery<String> last = stream.next();
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                failure -> assertThat(failure.lastPosition()).contains(last.position()));
      });
    }
  }

  @Test
  @DisplayName("Invariant 11: events are delivered in the order received, across reconnects too")
  void order() {
    for (int connection = 0; connection < 20; connection++) {
      int first = connection * 5;
      source.connects(c -> {
        for (int i = 1; i <= 5; i++) {
          c.event(first + i, "e" + (first + i));
        }
        c.lose(CUT);
      });
    }
    runtime.run(() -> {
      EventStream<String> stream = open();
      for (int i = 1; i <= 100; i++) {
        assertThat(stream.next().event()).isEqualTo("e" + i);
      }
    });
  }

  @Test
  @DisplayName("awaitLive connects, or throws with the last error after its timeout")
  void awaitLive() {
    source
        .fails(CUT)
        .connects(c -> c.event(1, "a").lose(CUT))
        .thereafter(connect -> ConnectAnswer.fails(CUT));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.awaitLive(Duration.ofSeconds(10));
      assertThat(stream.state()).isEqualTo(StreamState.LIVE);
      stream.awaitLive(Duration.ZERO);
      assertThat(stream.next().event()).isEqualTo("a");
      assertThat(stream.next(Duration.ofMillis(10))).isEmpty();
      assertThatThrownBy(() -> stream.awaitLive(Duration.ofSeconds(3)))
          .isInstanceOf(TimeoutException.class)
          .hasCause(CUT);
      assertThat(stream.state()).isIn(StreamState.BACKING_OFF, StreamState.CONNECTING);
    });
  }

  @Test
  @DisplayName("awaitLive waits for a connection even while a nacked event is due")
  void awaitLiveWithNacked() {
    source.connects(c -> c.event(1, "a").lose(CUT));
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      assertThat(stream.next(Duration.ofMillis(10))).isEmpty();
      a.nack();
      stream.awaitLive(Duration.ofSeconds(10));
      assertThat(stream.next().event()).isEqualTo("a");
    });
  }

  @Test
  @DisplayName("the end of a source ends the stream after all nacked events")
  void end() {
    source.connects(c -> c.event(1, "a").event(2, "b").end());
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      stream.next();
      assertThatThrownBy(stream::next).isInstanceOf(dev.perennial.StreamEndedException.class);
      assertThat(stream.state()).isEqualTo(StreamState.ENDED);
      a.nack();
      Delivery<String> again = stream.next();
      assertThat(again.event()).isEqualTo("a");
      assertThat(again.ack()).isTrue();
      assertThatThrownBy(() -> stream.awaitLive(Duration.ofSeconds(1)))
          .isInstanceOf(dev.perennial.StreamEndedException.class);
      stream.consume(delivery -> {
        throw new AssertionError("nothing is left");
      });
      assertThat(source.closedConnections()).containsExactly(1);
    });
  }

  @Test
  @DisplayName("after the end a server-tracked connection stays open if the stream sends acks")
  void endOfServerTracked() {
    for (AckMode acks : new AckMode[] {AckMode.EXPLICIT, AckMode.NEVER}) {
      VirtualRuntime each = new VirtualRuntime(1);
      ScriptedServerSource<String> server =
          new ScriptedServerSource<String>(each).connects(c -> c.event(1, "a").end());
      each.run(() -> {
        EventStream<String> stream = EventStream.from(server).acks(acks).runtime(each).open();
        stream.next();
        assertThatThrownBy(stream::next).isInstanceOf(dev.perennial.StreamEndedException.class);
        assertThat(server.hasOpenConnection()).isEqualTo(acks == AckMode.EXPLICIT);
      });
    }
  }

  @Test
  @DisplayName("acks that a lost connection has not written are reported")
  void unsent() {
    ScriptedServerSource<String> server =
        new ScriptedServerSource<String>(runtime)
            .connects(c -> c.event(1, "a").pause(Duration.ofSeconds(1)).lose(CUT))
            .connects(c -> c.writesAcks(0).event(2, "b").pause(Duration.ofSeconds(1)).lose(CUT));
    List<Integer> unsent = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(server)
              .listener(
                  new StreamListener() {
                    @Override
                    public void onAcksUnsent(AcksUnsent event) {
                      unsent.add(event.count());
                    }
                  })
              .runtime(runtime)
              .open();
      stream.next().ack();
      stream.next().ack();
      assertThat(unsent).isEmpty();
      assertThat(stream.next(Duration.ofSeconds(10))).isEmpty();
      assertThat(unsent).containsExactly(1);
    });
  }

  @Test
  @DisplayName(
      "a backoff policy or a classifier that throws fails the stream, and each call throws")
  void throwingCallbacks() {
    source.connects(c -> c.event(1, "a").event(2, "b").lose(CUT));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none())
              .backoff((failures, random) -> {
                throw new AssertionError("no idea");
              })
              .runtime(runtime)
              .open();
      assertThat(stream.poll(10, Duration.ofSeconds(1)).size()).isEqualTo(2);
      for (int call = 0; call < 2; call++) {
        assertThatThrownBy(stream::next)
            .isInstanceOf(StreamFailedException.class)
            .hasMessageContaining("backoff policy");
      }
    });
    VirtualRuntime second = new VirtualRuntime(2);
    second.run(() -> {
      EventStream<String> stream =
          EventStream.from(new ScriptedClientSource<String>(second).fails(CUT), Checkpoints.none())
              .errors(error -> {
                throw new NoClassDefFoundError("driver");
              })
              .runtime(second)
              .open();
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class).hasCause(CUT);
      assertThat(CUT.getSuppressed()).hasAtLeastOneElementOfType(NoClassDefFoundError.class);
    });
  }

  @Test
  @DisplayName("the listener gets each transition, with cause, attempt, delay and age")
  void transitions() {
    source
        .fails(CUT)
        .connects(c -> c.pause(Duration.ofSeconds(3)).event(1, "a").lose(CUT))
        .connects(c -> c.end());
    List<StreamListener.Transition> transitions = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none())
              .backoff((failures, random) -> Duration.ofSeconds(failures))
              .listener(
                  new StreamListener() {
                    @Override
                    public void onTransition(Transition transition) {
                      transitions.add(transition);
                      throw new IllegalStateException("thrown by the listener of this test");
                    }
                  })
              .runtime(runtime)
              .open();
      stream.next();
      assertThatThrownBy(stream::next).isInstanceOf(dev.perennial.StreamEndedException.class);
      stream.close();
    });
    assertThat(transitions)
        .extracting(StreamListener.Transition::to)
        .containsExactly(
            StreamState.CONNECTING,
            StreamState.BACKING_OFF,
            StreamState.CONNECTING,
            StreamState.LIVE,
            StreamState.BACKING_OFF,
            StreamState.CONNECTING,
            StreamState.LIVE,
            StreamState.ENDED,
            StreamState.CLOSING,
            StreamState.CLOSED);
    assertThat(transitions.get(1).cause()).contains(CUT);
    assertThat(transitions.get(1).attempt()).isEqualTo(1);
    assertThat(transitions.get(1).delay()).contains(Duration.ofSeconds(1));
    assertThat(transitions.get(1).connectionAge()).isEmpty();
    assertThat(transitions.get(3).attempt()).isEqualTo(1);
    assertThat(transitions.get(4).attempt()).isZero();
    assertThat(transitions.get(4).connectionAge())
        .hasValueSatisfying(
            age -> assertThat(age).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4)));
  }
}
