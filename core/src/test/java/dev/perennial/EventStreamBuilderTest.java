package dev.perennial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.perennial.internal.checkpoint.CheckpointOptions;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

class EventStreamBuilderTest {

  private static final int MAX_WINDOW = 1_048_576;

  private static EventStreamBuilder<String> builder() {
    return EventStream.from(
        new StubServerSource(() -> {
          throw new AssertionError("open() does no I/O");
        }));
  }

  private static void refused(UnaryOperator<EventStreamBuilder<String>> setting, Object value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> setting.apply(builder()))
        .withMessageContaining(
            value instanceof Duration time ? LogText.duration(time) : String.valueOf(value));
  }

  @Provide
  Arbitrary<Duration> durations() {
    return Arbitraries.longs()
        .between(1, Long.MAX_VALUE)
        .map(Duration::ofNanos)
        .edgeCases(edges -> edges.add(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)));
  }

  @Property
  void windowsWithinRangeOpen(@ForAll @IntRange(min = 1, max = MAX_WINDOW) int window) {
    try (EventStream<String> stream = builder().window(window).open()) {
      assertThat(stream.state()).isEqualTo(StreamState.NEW);
    }
  }

  @Property
  void windowsOutOfRangeAreRefused(@ForAll int window) {
    if (window < 1 || window > MAX_WINDOW) {
      refused(builder -> builder.window(window), window);
    }
  }

  @Test
  @DisplayName("window() accepts 1 and 1,048,576, and refuses 0 and 1,048,577")
  void windowEnds() {
    builder().window(1);
    builder().window(MAX_WINDOW);
    refused(builder -> builder.window(0), 0);
    refused(builder -> builder.window(MAX_WINDOW + 1), MAX_WINDOW + 1);
  }

  @Property
  void maxAttemptsTakesAnyFromOne(@ForAll int attempts) {
    if (attempts < 1) {
      refused(builder -> builder.maxAttempts(attempts), attempts);
    } else {
      builder().maxAttempts(attempts).open().close(Duration.ZERO);
    }
  }

  @Property
  void stableAfterTakesAnyNotNegative(@ForAll("durations") Duration age) {
    builder().stableAfter(age);
    builder().stableAfter(Duration.ZERO);
    Duration negative = Duration.ofSeconds(-1).minus(Duration.ofNanos(age.getNano()));
    refused(builder -> builder.stableAfter(negative), negative);
  }

  @Property
  void redeliveryMemoryIsAtLeastTheWindow(
      @ForAll @IntRange(min = 1, max = MAX_WINDOW) int window,
      @ForAll @IntRange(min = 1, max = 1 << 28) int memory) {
    // In either order, because open() compares the two.
    EventStreamBuilder<String> one = builder().window(window).redeliveryMemory(memory);
    EventStreamBuilder<String> other = builder().redeliveryMemory(memory).window(window);
    for (EventStreamBuilder<String> builder : List.of(one, other)) {
      if (memory < window) {
        assertThatIllegalArgumentException()
            .isThrownBy(builder::open)
            .withMessageContaining(String.valueOf(window))
            .withMessageContaining(String.valueOf(memory));
      } else {
        builder.open().close(Duration.ZERO);
      }
    }
  }

  @Property
  void redeliveryMemoryUnderOneIsRefused(
      @ForAll @IntRange(min = Integer.MIN_VALUE, max = 0) int memory) {
    refused(builder -> builder.redeliveryMemory(memory), memory);
  }

  @Test
  @DisplayName("a stream that never acks must not have a checkpoint store")
  void neverWithStore() {
    ClientTrackedSource<String, TestPosition> source = clientTracked();
    CheckpointStore store = Mockito.mock(CheckpointStore.class);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> EventStream.from(source, Checkpoints.in(store, "id")).acks(AckMode.NEVER).open())
        .withMessageContaining("Checkpoints.none()");
    EventStream.from(source, Checkpoints.none()).acks(AckMode.NEVER).open().close(Duration.ZERO);
    Mockito.verifyNoInteractions(store);
  }

  private static ClientTrackedSource<String, TestPosition> clientTracked() {
    return new ClientTrackedSource<>() {
      private final SourceBinding binding = new SourceBinding();

      @Override
      public SourceBinding binding() {
        return binding;
      }

      @Override
      public Optional<TestPosition> start() {
        throw new AssertionError("open() does no I/O");
      }

      @Override
      public Connection<String, TestPosition> connect(Optional<TestPosition> after) {
        throw new AssertionError("open() does no I/O");
      }

      @Override
      public Recovery<String, TestPosition> recover(TestPosition lost, Throwable cause) {
        throw new AssertionError("open() does no I/O");
      }

      @Override
      public Checkpoint encode(TestPosition position) {
        return new Checkpoint("test", "", String.valueOf(position.id()));
      }

      @Override
      public TestPosition decode(Checkpoint saved) {
        return new TestPosition(Long.parseLong(saved.position()));
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
      public BackoffPolicy backoff() {
        return BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(30));
      }
    };
  }

  @Property
  void pollTakesFromOneToTheWindow(
      @ForAll @IntRange(min = 1, max = 2_000) int window, @ForAll int max) {
    try (EventStream<String> stream = builder().window(window).open()) {
      if (max < 1 || max > window) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> stream.poll(max, Duration.ZERO))
            .withMessageContaining(String.valueOf(window))
            .withMessageContaining(String.valueOf(max));
      }
    }
  }

  private final CheckpointStore store =
      CheckpointStore.of(id -> Optional.empty(), (id, saved) -> {});
  private final Checkpoints checkpoints = Checkpoints.in(store, "orders");

  @Property
  void everyTakesFromOneAckAndAnyTime(@ForAll int acks, @ForAll("durations") Duration interval) {
    if (acks < 1) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> checkpoints.every(acks, interval))
          .withMessageContaining(String.valueOf(acks));
    } else {
      CheckpointOptions settings = checkpoints.every(acks, interval).options().orElseThrow();
      assertThat(settings.acks()).isEqualTo(acks);
      assertThat(settings.interval()).isEqualTo(interval);
    }
  }

  @Property
  void timesOutOfRangeAreRefused(@ForAll("durations") Duration time) {
    Duration negative = Duration.ofSeconds(-1).minus(Duration.ofNanos(time.getNano()));
    for (Duration bad : List.of(Duration.ZERO, negative)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> checkpoints.every(1, bad))
          .withMessageContaining(LogText.duration(bad));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> checkpoints.tolerateOutage(bad))
          .withMessageContaining(LogText.duration(bad));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> checkpoints.waitForClaim(negative))
        .withMessageContaining(LogText.duration(negative));
    assertThat(checkpoints.waitForClaim(Duration.ZERO).options().orElseThrow().waitForClaim())
        .contains(Duration.ZERO);
    assertThat(checkpoints.tolerateOutage(time).options().orElseThrow().tolerateOutage())
        .isEqualTo(time);
  }

  @Test
  @DisplayName("each setting returns a copy that keeps the other settings")
  void immutable() {
    Duration time = Duration.ofSeconds(7);
    Checkpoints all =
        checkpoints.every(3, time).tolerateOutage(time).waitForClaim(time).startAfresh();
    assertThat(all.options())
        .contains(new CheckpointOptions(store, "orders", 3, time, time, Optional.of(time), true));
    assertThat(checkpoints.options())
        .contains(
            new CheckpointOptions(
                store,
                "orders",
                1_000,
                Duration.ofSeconds(1),
                Duration.ofSeconds(60),
                Optional.empty(),
                false));
  }

  @Test
  @DisplayName("a blank stream id is refused, and none() refuses all settings")
  void blank() {
    assertThatIllegalArgumentException().isThrownBy(() -> Checkpoints.in(store, " \t"));
    assertThatIllegalStateException()
        .isThrownBy(() -> Checkpoints.none().startAfresh())
        .withMessageContaining("Checkpoints.none()");
  }
}
