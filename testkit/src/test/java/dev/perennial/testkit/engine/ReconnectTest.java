package dev.perennial.testkit.engine;

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
      "Invariant 4: a reconnect goes on after the last position received, and keeps the window")
  class GoesOn {

    @Test
    @DisplayName(
        "what arrived before the loss is handed out, nothing twice, and unacked events stay unacked")
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
    @DisplayName("before anything was received, it goes on at the start, which is asked for once")
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
        "a source that cannot name its start connects without a position until it has received one")
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
      "Invariant 6: attempts and backoff start over only once a connection has proved itself")
  class Backoff {

    private final BackoffPolicy doubling =
        BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(8)).withJitter(0);

    private EventStream<String> open() {
      return EventStream.from(source, Checkpoints.none()).backoff(doubling).runtime(runtime).open();
    }

    @Test
    @DisplayName("failed attempts wait ever longer, up to the cap")
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

    private final TransportException poison = new TransportException.Lost(1007, "not UTF-8", null);

    private EventStream<String> openWithTransport(int maxAttempts) {
      return EventStream.from(source, Checkpoints.none())
          .backoff(doubling)
          .errors(ErrorClassifiers.transport().orElse(source.errors()))
          .maxAttempts(maxAttempts)
          .runtime(runtime)
          .open();
    }

    @Test
    @DisplayName("bytes that end each connection escalate, whatever events come before them")
    void poison() {
      for (int i = 0; i < 5; i++) {
        int first = 2 * i;
        source.connects(c -> c.event(first, "a").event(first + 1, "b").lose(poison));
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
    @DisplayName("bytes that end each connection end the stream once maxAttempts allows no more")
    void poisonExhaustsAttempts() {
      for (int i = 0; i < 4; i++) {
        int position = i;
        source.connects(c -> c.event(position, "a").lose(poison));
      }
      runtime.run(() -> {
        EventStream<String> stream = openWithTransport(3);
        for (int i = 0; i < 4; i++) {
          stream.next();
        }
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                death -> {
                  assertThat(death.reason()).isEqualTo(Reason.ATTEMPTS_EXHAUSTED);
                  assertThat(death.attempts()).isEqualTo(3);
                });
      });
    }

    @Test
    @DisplayName("an event proves a connection after one that bytes ended, if it ends otherwise")
    void poisonOnce() {
      source
          .connects(c -> c.event(1, "a").lose(poison))
          .connects(c -> c.event(2, "b").lose(CUT))
          .connects(c -> c.event(3, "c").lose(poison))
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
    @DisplayName("and then the waits start over, after several that bytes ended")
    void poisonOver() {
      for (int i = 0; i < 3; i++) {
        int position = i;
        source.connects(c -> c.event(position, "a").lose(poison));
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
    @DisplayName("so does a life of stableAfter, even if bytes end it")
    void poisonRarely() {
      for (int i = 0; i < 3; i++) {
        int position = i;
        source.connects(c -> c.event(position, "a").pause(Duration.ofSeconds(31)).lose(poison));
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
    @DisplayName("a connection that is accepted and closed at once escalates like one that fails")
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
        "an event proves a connection, and so does a progress; the reconnect waits the first delay")
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
    @DisplayName("a silent connection proves itself by living for stableAfter, and not before")
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
    @DisplayName("and stableAfter to the nanosecond is long enough")
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
    @DisplayName("a redelivery that is dropped proves nothing")
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
    @DisplayName("maxAttempts(n) dies at the nth failure in a row")
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
                dead -> {
                  assertThat(dead.reason().tag()).isEqualTo("attempts-exhausted");
                  assertThat(dead.attempts()).isEqualTo(3);
                  assertThat(dead).hasCause(CUT);
                  assertThat(dead.lastPosition()).contains(new ScriptedPosition(1));
                });
        assertThat(source.connects()).hasSize(5);
      });
    }

    @Test
    @DisplayName("a classifier's wait is kept where it is longer than the backoff")
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
  @DisplayName("What an error means")
  class Errors {

    @Test
    @DisplayName("an error that no classifier knows is fatal, and the exception says what to do")
    void unknown() {
      IllegalStateException odd = new IllegalStateException("odd");
      source.connects(c -> c.event(1, "a").lose(odd));
      runtime.run(() -> {
        EventStream<String> stream = open();
        stream.next();
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                dead -> assertThat(dead.reason().tag()).isEqualTo("fatal"))
            .hasCause(odd)
            .hasMessageContaining("Verdict.retry()")
            .hasMessageContaining("receive");
        assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
        assertThat(source.hasOpenConnection()).isFalse();
        assertThat(source.connects()).hasSize(1);
      });
    }

    @Test
    @DisplayName("an error that the classifier calls fatal needs no advice for who wrote that")
    void fatal() {
      source.fails(ScriptedFailure.fatal("wrong password"));
      runtime.run(() ->
          assertThatThrownBy(() -> open().next())
              .isInstanceOfSatisfying(
                  StreamFailedException.class,
                  dead -> assertThat(dead.reason().tag()).isEqualTo("fatal"))
              .hasMessageContaining("wrong password")
              .hasMessageContaining("trying again would not help")
              .hasMessageNotContaining("Verdict"));
    }

    @Test
    @DisplayName("the application's classifier is asked before the source's")
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
    @DisplayName("the source may stop the stream")
    void stops() {
      source.connects(c -> c.event(4, "a").lose(CUT)).fails(lost);
      runtime.run(() -> {
        EventStream<String> stream = open();
        stream.next();
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                dead -> {
                  assertThat(dead.reason().tag()).isEqualTo("position-lost");
                  assertThat(dead.lastPosition()).contains(new ScriptedPosition(4));
                })
            .hasMessageContaining("Checkpoints.startAfresh()")
            .hasCause(lost);
        assertThat(source.lostPositions()).containsExactly(new ScriptedPosition(4));
      });
    }

    @Test
    @DisplayName("or go on from another one, with a notice before anything from there")
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
    @DisplayName("a recovery that throws is a failed attempt, and is tried again")
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
        assertThatThrownBy(stream::next)
            .isInstanceOfSatisfying(
                StreamFailedException.class,
                dead -> assertThat(dead.reason().tag()).isEqualTo("position-lost"))
            .hasMessageContaining("Cannot resume at position #20")
            .hasMessageContaining("3 times");
        assertThat(source.lostPositions())
            .containsExactly(new ScriptedPosition(0), new ScriptedPosition(10));
      });
    }

    @Test
    @DisplayName("after a connection that proved itself, recoveries are counted anew")
    void countedAnew() {
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
    @DisplayName("before there is one, the classifier is wrong, and the exception says so")
    void lostBeforeAny() {
      source.noStart().fails(lost);
      runtime.run(() ->
          assertThatThrownBy(() -> open().next())
              .isInstanceOfSatisfying(
                  StreamFailedException.class,
                  dead -> assertThat(dead.reason().tag()).isEqualTo("position-lost"))
              .hasMessageContaining("there is none yet")
              .hasMessageContaining("history is gone"));
    }

    @Test
    @DisplayName("a server-tracked source has no position to lose")
    void serverTracked() {
      ScriptedServerSource<String> server = new ScriptedServerSource<String>(runtime).fails(lost);
      runtime.run(() ->
          assertThatThrownBy(() -> EventStream.from(server).runtime(runtime).open().next())
              .isInstanceOfSatisfying(
                  StreamFailedException.class,
                  dead -> assertThat(dead.reason().tag()).isEqualTo("fatal")));
    }

    @Test
    @DisplayName("but what it dies of names the last position all the same")
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
                dead -> assertThat(dead.lastPosition()).contains(last.position()));
      });
    }
  }

  @Test
  @DisplayName("Invariant 11: the order is that of receiving, across reconnects too")
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
  @DisplayName("awaitLive connects, or throws with the last error when the time is over")
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
  @DisplayName("awaitLive waits for a connection also while a nacked event waits to be handed out")
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
  @DisplayName("the end of a source ends the stream, after what waits to be handed out again")
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
  @DisplayName("at its end a server-tracked source's connection stays open if acks go to it")
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
  @DisplayName("the listener is told of acks that a lost connection has not written, if there are")
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
                    public void onAcksUnsent(AcksUnsent told) {
                      unsent.add(told.count());
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
  @DisplayName("awaitLive keeps every notice of a restart, in order and before anything from there")
  void awaitLiveKeepsNotices() {
    ScriptedFailure lost = ScriptedFailure.positionLost("gone");
    source
        .recovers((position, cause) -> Recovery.restart(new ScriptedPosition(10), "first gap"))
        .recovers((position, cause) -> Recovery.restart(new ScriptedPosition(20), "second gap"))
        .fails(lost)
        .fails(lost)
        .connects(c -> c.event(21, "a"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.awaitLive(Duration.ofMinutes(1));
      assertThat(stream.poll(10, Duration.ofSeconds(1)))
          .extracting(Delivery::event)
          .containsExactly("first gap", "second gap", "a");
    });
  }

  @Test
  @DisplayName(
      "a backoff policy or a classifier that throws ends the stream, which says so at every call")
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
  @DisplayName("the listener is told of each transition, with cause, attempt, delay and age")
  void transitions() {
    source
        .fails(CUT)
        .connects(c -> c.pause(Duration.ofSeconds(3)).event(1, "a").lose(CUT))
        .connects(c -> c.end());
    List<StreamListener.Transition> told = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none())
              .backoff((failures, random) -> Duration.ofSeconds(failures))
              .listener(
                  new StreamListener() {
                    @Override
                    public void onTransition(Transition transition) {
                      told.add(transition);
                      throw new IllegalStateException("a listener that throws hurts nothing");
                    }
                  })
              .runtime(runtime)
              .open();
      stream.next();
      assertThatThrownBy(stream::next).isInstanceOf(dev.perennial.StreamEndedException.class);
      stream.close();
    });
    assertThat(told)
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
    assertThat(told.get(1).cause()).contains(CUT);
    assertThat(told.get(1).attempt()).isEqualTo(1);
    assertThat(told.get(1).delay()).contains(Duration.ofSeconds(1));
    assertThat(told.get(1).connectionAge()).isEmpty();
    assertThat(told.get(3).attempt()).isEqualTo(1);
    assertThat(told.get(4).attempt()).isZero();
    assertThat(told.get(4).connectionAge())
        .hasValueSatisfying(
            age -> assertThat(age).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4)));
  }
}
