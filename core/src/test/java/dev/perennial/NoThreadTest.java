package dev.perennial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.perennial.StreamException.Reason;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName(
    "A JVM that has no thread to give: a stream waits for one, or says that it cannot go on")
class NoThreadTest {

  private final ManualRuntime runtime = new ManualRuntime();
  private final List<String> closed = new ArrayList<>();
  private final List<String> saved = new ArrayList<>();
  private int claimsRefused;

  /** Gives one event after the other. */
  private final class Counting implements ClientTrackedSource<Long, TestPosition> {
    private final SourceBinding binding = new SourceBinding();

    @Override
    public Optional<TestPosition> start() {
      return Optional.of(new TestPosition(0));
    }

    @Override
    public Connection<Long, TestPosition> connect(Optional<TestPosition> after) {
      return new Connection<>() {
        private long last = after.orElseThrow().id();

        @Override
        public Received<Long, TestPosition> receive(Duration timeout) {
          last++;
          return Received.event(last, new TestPosition(last));
        }

        @Override
        public void close(Duration flush) {
          closed.add("connection");
        }
      };
    }

    @Override
    public Recovery<Long, TestPosition> recover(TestPosition lost, Throwable cause) {
      throw new AssertionError("not asked for");
    }

    @Override
    public Checkpoint encode(TestPosition position) {
      return new Checkpoint(name(), "", String.valueOf(position.id()));
    }

    @Override
    public TestPosition decode(Checkpoint checkpoint) {
      throw new AssertionError("nothing is saved before");
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

    @Override
    public void close() {
      closed.add("source");
    }
  }

  private final class Slot implements CheckpointSlot {

    @Override
    public Optional<Checkpoint> load() {
      return Optional.empty();
    }

    @Override
    public void save(Checkpoint checkpoint) {
      saved.add(checkpoint.position());
    }

    @Override
    public void close() {
      closed.add("claim");
    }
  }

  private @Nullable Slot claim() {
    if (claimsRefused > 0) {
      claimsRefused--;
      return null;
    }
    return new Slot();
  }

  private EventStream<Long> open() {
    CheckpointStore store = (streamId, lost) -> Optional.ofNullable(claim());
    return EventStream.from(
            new Counting(), Checkpoints.in(store, "orders").every(1, Duration.ofHours(1)))
        .runtime(runtime)
        .open();
  }

  private static void assertDead(EventStream<Long> stream) {
    assertThatExceptionOfType(StreamException.class)
        .isThrownBy(stream::next)
        .withMessageContaining("orders")
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.CHECKPOINT))
        .withCauseInstanceOf(Error.class);
  }

  @Test
  @DisplayName("the claim is tried for when there is a thread")
  void claims() throws Exception {
    EventStream<Long> stream = open();
    runtime.refuseThreads(3);
    assertThat(stream.next().event()).isEqualTo(1);
    stream.close();
    assertThat(closed).containsExactlyInAnyOrder("connection", "claim", "source");
  }

  @Test
  @DisplayName("without a timer either, the first call says so")
  void claimsNever() {
    EventStream<Long> stream = open();
    runtime.refuseThreads(1);
    runtime.refuseTimers(1);
    assertDead(stream);
    stream.close();
    assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
    assertThat(closed).containsExactly("source");
  }

  @Test
  @DisplayName("a standby that no timer can be had for says so")
  void standsByNever() throws Exception {
    claimsRefused = 1;
    EventStream<Long> stream = open();
    assertThat(stream.next(Duration.ofMillis(10))).isEmpty();
    assertThat(stream.state()).isEqualTo(StreamState.CLAIMING);
    claimsRefused = 1;
    runtime.refuseTimers(1);
    assertDead(stream);
    stream.close();
  }

  @Test
  @DisplayName("close closes all that it has to, and says what is saved")
  void closes() throws Exception {
    EventStream<Long> stream = open();
    Delivery<Long> first = stream.next();
    runtime.refuseThreads(4);
    assertThat(first.ack()).isTrue();
    CloseReport report = stream.close(Duration.ofSeconds(5));
    assertThat(report.checkpoint()).isEqualTo(CloseReport.CheckpointOutcome.SAVED);
    assertThat(saved).containsExactly("0", "1");
    assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
    assertThat(closed).containsExactlyInAnyOrder("connection", "claim", "source");
  }

  @Test
  @DisplayName("without a timer either, close saves and closes on the caller's thread")
  void closesOnTheCallersThread() throws Exception {
    EventStream<Long> stream = open();
    Delivery<Long> first = stream.next();
    runtime.refuseThreads(1_000);
    runtime.refuseTimers(1_000);
    assertThat(first.ack()).isTrue();
    stream.close(Duration.ofSeconds(5));
    assertThat(saved).containsExactly("0", "1");
    assertThat(closed).containsExactlyInAnyOrder("connection", "claim", "source");
  }
}
