package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Recovery;
import dev.perennial.port.Verdict;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A server's no counts as its word only when it persists")
class RefusalTest {

  private static final ScriptedFailure CUT = ScriptedFailure.retry("cut");
  private static final ScriptedFailure REFUSED =
      ScriptedFailure.of(Verdict.refused(), "status 404");
  private static final ScriptedFailure UNKNOWN =
      ScriptedFailure.of(Verdict.unknown(), "code 20123");

  /** The two kinds of verdicts that count as refusals. */
  enum Kind {
    REFUSED(RefusalTest.REFUSED, "nothing but refusals"),
    UNKNOWN(RefusalTest.UNKNOWN, "nothing but unknown errors");

    private final ScriptedFailure failure;
    private final String words;

    Kind(ScriptedFailure failure, String words) {
      this.failure = failure;
      this.words = words;
    }
  }

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedClientSource<String> source = new ScriptedClientSource<>(runtime);

  private EventStreamBuilder<String> builder() {
    return EventStream.from(source, Checkpoints.none())
        .backoff((failures, random) -> Duration.ofMinutes(1))
        .runtime(runtime);
  }

  private void assertFails(EventStream<String> stream, ScriptedFailure cause, String words) {
    assertThatThrownBy(stream::next)
        .isInstanceOfSatisfying(
            StreamFailedException.class,
            failure -> assertThat(failure.reason()).isEqualTo(Reason.FATAL))
        .hasCause(cause)
        .hasMessageContaining(words);
  }

  @Test
  @DisplayName("a refusal before the first connection fails the stream at once")
  void firstConnection() {
    source.fails(CUT).fails(REFUSED);
    runtime.run(() -> {
      assertFails(builder().open(), REFUSED, "status 404");
      assertThat(source.connects()).hasSize(2);
    });
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a stream that was connected retries with backoff and survives")
  void passes(Kind kind) {
    source
        .connects(c -> c.event(1, "a").lose(CUT))
        .fails(kind.failure)
        .fails(kind.failure)
        .connects(c -> c.event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      stream.next();
      Instant before = runtime.now();
      assertThat(stream.next().event()).isEqualTo("b");
      assertThat(Duration.between(before, runtime.now())).isEqualTo(Duration.ofMinutes(3));
    });
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a stream that gets nothing else for 5 min fails with that reason")
  void persists(Kind kind) {
    source
        .connects(c -> c.event(1, "a").lose(CUT))
        .thereafter(connect -> ConnectAnswer.fails(kind.failure));
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      stream.next();
      assertFails(
          stream,
          kind.failure,
          kind.words + " for as long as EventStreamBuilder.tolerateRefusals()");
      // The first at 0 min, the last at 5 min.
      assertThat(source.connects()).hasSize(1 + 6);
    });
  }

  @Test
  @DisplayName("an unknown error is retried before the first connection, too")
  void unknownAtFirst() {
    source.fails(UNKNOWN).fails(UNKNOWN).connects(c -> c.event(1, "a"));
    runtime.run(() -> assertThat(builder().open().next().event()).isEqualTo("a"));
  }

  @Test
  @DisplayName("refusals and unknown errors count together")
  void mixed() {
    source.connects(c -> c.event(1, "a").lose(CUT));
    for (int i = 0; i < 3; i++) {
      source.fails(REFUSED).fails(UNKNOWN);
    }
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      stream.next();
      assertFails(stream, UNKNOWN, "5 min");
    });
  }

  @Test
  @DisplayName("a network failure or a proved connection resets the time")
  void startsOver() {
    source.connects(c -> c.event(1, "a").lose(CUT));
    for (int i = 0; i < 5; i++) {
      source.fails(REFUSED);
    }
    source.fails(CUT);
    for (int i = 0; i < 5; i++) {
      source.fails(REFUSED);
    }
    source.connects(c -> c.event(2, "b").lose(REFUSED));
    for (int i = 0; i < 4; i++) {
      source.fails(REFUSED);
    }
    source.connects(c -> c.event(3, "c"));
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      assertThat(stream.next().event()).isEqualTo("a");
      assertThat(stream.next().event()).isEqualTo("b");
      assertThat(stream.next().event()).isEqualTo("c");
    });
  }

  @Test
  @DisplayName("a connection that is refused right after it opened does not reset the time")
  void openedAndRefused() {
    source
        .connects(c -> c.event(1, "a").lose(CUT))
        .thereafter(connect -> ConnectAnswer.connects(c -> c.lose(UNKNOWN)));
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      stream.next();
      assertFails(stream, UNKNOWN, "receive");
    });
  }

  @Test
  @DisplayName("a lost position resets the time, and a refused recovery starts it")
  void positionLost() {
    ScriptedFailure lost = ScriptedFailure.positionLost("gone");
    source.connects(c -> c.event(1, "a").lose(CUT));
    for (int i = 0; i < 5; i++) {
      source.fails(REFUSED);
    }
    source
        .fails(lost)
        .recovers((position, cause) -> {
          throw REFUSED;
        })
        .recovers((position, cause) -> Recovery.restart(new ScriptedPosition(10)))
        .connects(c -> c.event(11, "b"));
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      stream.next();
      assertThat(stream.next().event()).isEqualTo("b");
    });
  }

  @Test
  @DisplayName("time in which the application does not pull does not count")
  void notPulled() {
    source
        .connects(c -> c.event(1, "a").lose(CUT))
        .fails(REFUSED)
        .fails(REFUSED)
        .connects(c -> c.event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      stream.next();
      while (source.connects().size() < 2) {
        assertThat(stream.next(Duration.ofSeconds(10))).isEmpty();
      }
      runtime.sleep(Duration.ofHours(1));
      assertThat(stream.next().event()).isEqualTo("b");
    });
  }

  @Test
  @DisplayName("the stream fails at the first refusal after the tolerated time, which can be zero")
  void configured() {
    for (int tolerated : new int[] {0, 2, 3}) {
      VirtualRuntime virtual = new VirtualRuntime(2);
      ScriptedClientSource<String> refusing =
          new ScriptedClientSource<String>(virtual)
              .connects(c -> c.event(1, "a").lose(CUT))
              .thereafter(connect -> ConnectAnswer.fails(REFUSED));
      virtual.run(() -> {
        EventStream<String> stream =
            EventStream.from(refusing, Checkpoints.none())
                .backoff((failures, random) -> Duration.ofMinutes(1))
                .tolerateRefusals(Duration.ofMinutes(tolerated))
                .runtime(virtual)
                .open();
        stream.next();
        assertFails(stream, REFUSED, "tolerateRefusals()");
        assertThat(refusing.connects()).hasSize(2 + tolerated);
      });
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().tolerateRefusals(Duration.ofNanos(-1)));
  }

  @Test
  @DisplayName("refusals count for maxAttempts and lengthen the backoff")
  void counts() {
    source
        .connects(c -> c.event(1, "a").lose(CUT))
        .thereafter(connect -> ConnectAnswer.fails(REFUSED));
    runtime.run(() -> {
      EventStream<String> stream =
          builder()
              .backoff(
                  BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(8))
                      .withJitter(0))
              .maxAttempts(3)
              .open();
      stream.next();
      assertThatThrownBy(stream::next)
          .isInstanceOfSatisfying(
              StreamFailedException.class,
              failure -> assertThat(failure.reason()).isEqualTo(Reason.ATTEMPTS_EXHAUSTED));
      assertThat(source.connects()).hasSize(4);
    });
  }

  @Test
  @DisplayName("a wait that the server asks for is limited to 5 min or the cap of the backoff")
  void askedToWait() {
    ScriptedFailure busy = ScriptedFailure.retryAfter(Duration.ofSeconds(999_999_999), "busy");
    for (int cap : new int[] {1, 5, 20}) {
      VirtualRuntime virtual = new VirtualRuntime(2);
      ScriptedClientSource<String> asking =
          new ScriptedClientSource<String>(virtual).fails(busy).connects(c -> c.event(1, "a"));
      virtual.run(() -> {
        Instant before = virtual.now();
        EventStream.from(asking, Checkpoints.none())
            .backoff(BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofMinutes(cap)))
            .runtime(virtual)
            .open()
            .next();
        assertThat(Duration.between(before, virtual.now()))
            .isEqualTo(Duration.ofMinutes(Math.max(5, cap)));
      });
    }
  }
}
