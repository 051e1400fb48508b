package dev.perennial.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.perennial.CloseReport;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.StreamStats;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TestValueTest {

  @Test
  @DisplayName("accessors return what was set, and others return empty values")
  void values() {
    StreamStats stats =
        TestValue.of(StreamStats.class)
            .with(StreamStats::received, 3L)
            .with(StreamStats::unacked, 2)
            .with(StreamStats::state, StreamState.LIVE)
            .with(StreamStats::lastSave, Optional.of(Instant.EPOCH))
            .make();
    assertThat(stats.received()).isEqualTo(3);
    assertThat(stats.unacked()).isEqualTo(2);
    assertThat(stats.state()).isEqualTo(StreamState.LIVE);
    assertThat(stats.lastSave()).contains(Instant.EPOCH);
    assertThat(stats.acked()).isZero();
    assertThat(stats.window()).isZero();
    assertThat(stats.name()).isEmpty();
    assertThat(stats.lastReceived()).isEmpty();
    assertThat(stats).isEqualTo(stats).hasToString(stats.toString());
    assertThat(stats.toString()).startsWith("StreamStats").contains("received=3");
  }

  @Test
  @DisplayName("a copy does not change the original")
  void immutable() {
    TestValue<CloseReport> saved =
        TestValue.of(CloseReport.class).with(CloseReport::checkpoint, CheckpointOutcome.SAVED);
    TestValue<CloseReport> both = saved.with(CloseReport::unacked, 7);
    assertThat(saved.make().unacked()).isZero();
    assertThat(both.make().unacked()).isEqualTo(7);
    assertThat(both.make().checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
    assertThat(both.make()).isNotEqualTo(both.make());
  }

  @Test
  @DisplayName("an accessor without a default that was not set throws an error that names it")
  void missing() {
    StreamListener.LateAck late = TestValue.of(StreamListener.LateAck.class).make();
    assertThatIllegalStateException()
        .isThrownBy(late::position)
        .withMessageContaining("LateAck")
        .withMessageContaining("position()");
  }

  @Test
  @DisplayName("only interfaces can be made, and only accessors can be set")
  void misuse() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestValue.of(String.class))
        .withMessageContaining("java.lang.String");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestValue.of(StreamStats.class).with(stats -> 1L, 3L))
        .withMessageContaining("StreamStats");
  }
}
