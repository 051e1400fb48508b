package dev.perennial.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.TestPosition;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.TestContext;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Tests how a lost position is recovered, without a connection or a store. */
class ClientTrackingTest {

  private static final TestPosition LOST = new TestPosition(7);
  private static final IOException GONE = new IOException("history is gone");

  @SuppressWarnings("unchecked")
  private final ClientTrackedSource<String, TestPosition> source = mock(ClientTrackedSource.class);

  private final ManualRuntime runtime = new ManualRuntime();
  private final StreamContext context = TestContext.of(runtime);
  private final Lifecycle lifecycle = context.lifecycle();
  private final PullGuard guard =
      new PullGuard(runtime.newSignal(), "test", () -> false, lifecycle::overException);
  private final ClientTracking<String, TestPosition> tracking =
      new ClientTracking<>(
          source,
          Optional.empty(),
          new SourceCalls(source, Optional.empty(), guard, runtime),
          context);

  @BeforeEach
  void begin() throws Exception {
    guard.enter();
    when(source.start()).thenReturn(Optional.of(LOST));
    assertThat(prepare()).isTrue();
  }

  private boolean prepare() throws Exception {
    return tracking.prepare(Deadline.never(runtime));
  }

  @Test
  @DisplayName("a loss that is reported twice, because of an error in between, is recovered once")
  void reportedTwice() throws Exception {
    when(source.recover(LOST, GONE)).thenReturn(Recovery.restart(new TestPosition(9)));
    tracking.positionLost(GONE);
    tracking.positionLost(GONE);
    lifecycle.check();
    assertThat(prepare()).isTrue();
    verify(source).recover(LOST, GONE);
    assertThat(tracking.last()).isEqualTo(new TestPosition(9));
    assertThat(tracking.notice()).isEqualTo(Received.progress(new TestPosition(9)));
    tracking.noticeTaken();
    assertThat(tracking.notice()).isNull();
  }

  @Test
  @DisplayName("a second loss before the recovery of the first ends the stream")
  void another() {
    tracking.positionLost(GONE);
    tracking.positionLost(new IOException("history is gone once more"));
    assertThatExceptionOfType(StreamFailedException.class)
        .isThrownBy(lifecycle::check)
        .satisfies(e -> {
          assertThat(e.reason()).isEqualTo(Reason.POSITION_LOST);
          assertThat(e.lastPosition()).contains(LOST);
        });
  }
}
