package dev.perennial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import dev.perennial.StreamException.Reason;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a feed makes of a lost position, by itself: no connection, nothing saved. */
class ClientFeedTest {

  private static final TestPosition LOST = new TestPosition(7);
  private static final IOException GONE = new IOException("history is gone");

  @SuppressWarnings("unchecked")
  private final ClientTrackedSource<String, TestPosition> source = mock(ClientTrackedSource.class);

  private final ManualRuntime runtime = new ManualRuntime();
  private final Observer observer = new Observer("test", List.of());
  private final Lifecycle lifecycle = new Lifecycle(() -> {}, () -> {}, observer, runtime);
  private final Seat seat =
      new Seat(runtime.newSignal(), "test", () -> false, lifecycle::overException, () -> {});
  private final ClientFeed<String, TestPosition> feed =
      new ClientFeed<>(
          source,
          new StreamOptions(
              "test",
              "mocked",
              16,
              AckMode.EXPLICIT,
              BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(60)),
              OptionalInt.empty(),
              Duration.ofSeconds(30),
              Duration.ofMinutes(5),
              Optional.empty(),
              16,
              List.of(),
              runtime),
          Optional.empty(),
          new Waiting(runtime.newSignal(), lifecycle),
          new SourceCalls(source, Optional.empty(), seat, runtime),
          lifecycle,
          observer);

  @BeforeEach
  void begin() throws Exception {
    seat.sit();
    when(source.start()).thenReturn(Optional.of(LOST));
    assertThat(prepare()).isTrue();
  }

  private boolean prepare() throws Exception {
    return feed.prepare(Deadline.never(runtime));
  }

  @Test
  @DisplayName("told twice of the same loss, because an error came between, it recovers once")
  void toldTwice() throws Exception {
    when(source.recover(LOST, GONE)).thenReturn(Recovery.restart(new TestPosition(9)));
    feed.positionLost(GONE);
    feed.positionLost(GONE);
    lifecycle.check();
    assertThat(prepare()).isTrue();
    verify(source).recover(LOST, GONE);
    assertThat(feed.last()).isEqualTo(new TestPosition(9));
    assertThat(feed.notice()).isEqualTo(Received.progress(new TestPosition(9)));
    feed.noticeTaken();
    assertThat(feed.notice()).isNull();
  }

  @Test
  @DisplayName("a second loss before the first was recovered from ends the stream")
  void another() {
    feed.positionLost(GONE);
    feed.positionLost(new IOException("history is gone once more"));
    assertThatExceptionOfType(StreamException.class)
        .isThrownBy(lifecycle::check)
        .satisfies(e -> {
          assertThat(e.reason()).isEqualTo(Reason.POSITION_LOST);
          assertThat(e.lastPosition()).contains(LOST);
        });
  }
}
