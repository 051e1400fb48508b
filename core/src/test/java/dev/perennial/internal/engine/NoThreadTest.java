package dev.perennial.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamState;
import dev.perennial.TestPosition;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
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
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A JVM that has no thread for a while: the stream tries again and loses nothing")
class NoThreadTest {

  private final ManualRuntime runtime = new ManualRuntime();
  private final List<String> closed = new ArrayList<>();
  private final List<String> saved = new ArrayList<>();
  private int claimsRefused;

  /** A source without an end. */
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

  private final class GrantedClaim implements CheckpointClaim {

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

  private @Nullable GrantedClaim claim() {
    if (claimsRefused > 0) {
      claimsRefused--;
      return null;
    }
    return new GrantedClaim();
  }

  private EventStream<Long> open() {
    CheckpointStore store = (streamId, lost) -> Optional.ofNullable(claim());
    return EventStream.from(
            new Counting(), Checkpoints.in(store, "orders").every(1, Duration.ofHours(1)))
        .runtime(runtime)
        .open();
  }

  @Test
  @DisplayName("the stream claims its checkpoint as soon as a thread is available")
  void claims() throws Exception {
    EventStream<Long> stream = open();
    runtime.refuseThreads(3);
    assertThat(stream.next().event()).isEqualTo(1);
    stream.close();
    assertThat(closed).containsExactlyInAnyOrder("connection", "claim", "source");
  }

  @Test
  @DisplayName("a standby keeps trying even if no thread and no timer is available for a while")
  void standsBy() throws Exception {
    claimsRefused = 2;
    EventStream<Long> stream = open();
    assertThat(stream.next(Duration.ofMillis(10))).isEmpty();
    assertThat(stream.state()).isEqualTo(StreamState.CLAIMING);
    runtime.refuseThreads(3);
    runtime.refuseTimers(3);
    assertThat(stream.next().event()).isEqualTo(1);
    stream.close();
  }

  @Test
  @DisplayName("close closes everything and reports that the checkpoint is saved")
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
  @DisplayName("a save that gets no thread is made at the next ack")
  void nextAck() throws Exception {
    EventStream<Long> stream = open();
    Delivery<Long> first = stream.next();
    Delivery<Long> second = stream.next();
    runtime.refuseThreads(1);
    runtime.refuseTimers(1_000);
    assertThat(first.ack()).isTrue();
    runtime.runTasks();
    assertThat(saved).containsExactly("0");
    assertThat(second.ack()).isTrue();
    runtime.runTasks();
    assertThat(saved).containsExactly("0", "2");
  }

  @Test
  @DisplayName("a subscriber gets the error, and may subscribe again")
  void subscribes() {
    EventStream<Long> stream = open();
    runtime.refuseThreads(1);
    List<Object> signals = new ArrayList<>();
    Flow.Subscriber<Delivery<Long>> subscriber =
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(2);
          }

          @Override
          public void onNext(Delivery<Long> delivery) {
            signals.add(delivery.event());
            if (signals.size() == 3) {
              stream.close();
            }
          }

          @Override
          public void onError(Throwable error) {
            signals.add(String.valueOf(error.getMessage()));
          }

          @Override
          public void onComplete() {
            signals.add("complete");
          }
        };
    stream.publisher().subscribe(subscriber);
    assertThat(signals)
        .containsExactly(
            "Cannot publish stream \"orders\": there is no thread for it: unable to create native"
                + " thread (Error). Subscribe again later.");
    stream.publisher().subscribe(subscriber);
    runtime.runTasks();
    assertThat(signals).hasSize(4).endsWith(1L, 2L, "complete");
  }

  @Test
  @DisplayName(
      "if no thread is available at all, close reports that the checkpoint is not saved, and why")
  void closesWithoutThreads() throws Exception {
    EventStream<Long> stream = open();
    Delivery<Long> first = stream.next();
    runtime.refuseThreads(1_000_000);
    assertThat(first.ack()).isTrue();
    CloseReport report = stream.close(Duration.ofSeconds(5));
    assertThat(report.checkpoint()).isEqualTo(CloseReport.CheckpointOutcome.NOT_SAVED);
    assertThat(report.saveError()).containsInstanceOf(Error.class);
    assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
    assertThat(first.ack()).isFalse();
    assertThat(closed).containsExactly("connection");
  }
}
