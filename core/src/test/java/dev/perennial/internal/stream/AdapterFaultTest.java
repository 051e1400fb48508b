package dev.perennial.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyDouble;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.TestPosition;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.Verdict;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("An adapter that breaks its contract fails the stream, and the error names the method")
@SuppressWarnings({"unchecked", "NullAway"})
class AdapterFaultTest {

  private static final TestPosition START = new TestPosition(1);
  private static final Checkpoint SAVED = new Checkpoint("test", "", "1");
  private static final Error ODD = new NoClassDefFoundError("driver");

  private final ManualRuntime runtime = new ManualRuntime();
  private final ClientTrackedSource<String, TestPosition> source = mock(ClientTrackedSource.class);
  private final Connection<String, TestPosition> connection = mock(Connection.class);
  private final ErrorClassifier classifier = mock(ErrorClassifier.class);
  private final BackoffPolicy policy = mock(BackoffPolicy.class);
  private final CheckpointStore store = mock(CheckpointStore.class);
  private final CheckpointClaim claim = mock(CheckpointClaim.class);

  @BeforeEach
  void wellBehaved() throws Exception {
    doReturn("test").when(source).name();
    doReturn(new SourceBinding()).when(source).binding();
    doReturn(classifier).when(source).errors();
    doReturn(Optional.of(Verdict.retry())).when(classifier).classify(any());
    doReturn(policy).when(source).backoff();
    doReturn(Duration.ofSeconds(1)).when(policy).delay(anyInt(), anyDouble());
    doReturn(Duration.ofSeconds(1)).when(policy).cap();
    doReturn(Optional.of(START)).when(source).start();
    doReturn(Optional.empty()).when(source).configuredStart();
    doReturn(connection).when(source).connect(any());
    doAnswer(
            call -> {
              runtime.advance(call.getArgument(0));
              return null;
            })
        .when(connection)
        .receive(any());
    doReturn(SAVED).when(source).encode(any());
    doReturn(START).when(source).decode(any());
    doReturn(Optional.of(claim)).when(store).tryClaim(any(), any());
    doReturn(Optional.of(SAVED)).when(claim).load();
  }

  private EventStream<String> open() {
    return EventStream.from(source, Checkpoints.in(store, "orders")).runtime(runtime).open();
  }

  private void assertFailed(Reason reason, Class<?> adapter, String method) {
    try (EventStream<String> stream = open()) {
      for (int call = 0; call < 2; call++) {
        assertThatExceptionOfType(StreamFailedException.class)
            .isThrownBy(() -> pull(stream))
            .withMessageContaining(adapter.getSimpleName())
            .withMessageContaining("." + method + "()")
            .satisfies(e -> assertThat(e.reason()).isEqualTo(reason))
            .satisfies(e -> assertThat(e.getCause()).isNotNull());
        assertThat(stream.state()).isEqualTo(StreamState.FAILED);
      }
    }
  }

  /** Pulls a few times only, because a stuck stream never returns an event. */
  private static void pull(EventStream<String> stream) throws InterruptedException {
    for (int i = 0; i < 20; i++) {
      stream.next(Duration.ofSeconds(2));
    }
  }

  @Test
  void decode() throws Exception {
    doReturn(null).when(source).decode(any());
    assertFailed(Reason.CHECKPOINT, ClientTrackedSource.class, "decode");
  }

  @Test
  void decodeThrowing() throws Exception {
    doThrow(ODD).when(source).decode(any());
    assertFailed(Reason.CHECKPOINT, ClientTrackedSource.class, "decode");
  }

  @Test
  void configuredStart() {
    doReturn(null).when(source).configuredStart();
    assertFailed(Reason.FATAL, ClientTrackedSource.class, "configuredStart");
  }

  @Test
  void configuredStartThrowing() {
    doThrow(new IllegalStateException("odd")).when(source).configuredStart();
    assertFailed(Reason.FATAL, ClientTrackedSource.class, "configuredStart");
  }

  @Test
  void start() throws Exception {
    doReturn(Optional.empty()).when(claim).load();
    doReturn(null).when(source).start();
    assertFailed(Reason.FATAL, ClientTrackedSource.class, "start");
  }

  @Test
  void connect() throws Exception {
    doReturn(null).when(source).connect(any());
    assertFailed(Reason.FATAL, ClientTrackedSource.class, "connect");
  }

  @Test
  void recover() throws Exception {
    doThrow(new IllegalStateException("gone")).when(source).connect(any());
    doReturn(Optional.of(Verdict.positionLost())).when(classifier).classify(any());
    doReturn(null).when(source).recover(any(), any());
    assertFailed(Reason.FATAL, ClientTrackedSource.class, "recover");
  }

  @Test
  void recoverToNowhere() throws Exception {
    doThrow(new IllegalStateException("gone")).when(source).connect(any());
    doReturn(Optional.of(Verdict.positionLost())).when(classifier).classify(any());
    doReturn(new Recovery.Restart<>(null, Optional.empty())).when(source).recover(any(), any());
    assertFailed(Reason.FATAL, ClientTrackedSource.class, "recover");
  }

  @Test
  void eventWithoutPosition() throws Exception {
    doReturn(Received.event("event", null)).when(connection).receive(any());
    assertFailed(Reason.FATAL, Connection.class, "receive");
    verify(connection, times(1)).close(any());
  }

  @Test
  void positionWithoutEvent() throws Exception {
    doReturn(Received.event(null, START)).when(connection).receive(any());
    assertFailed(Reason.FATAL, Connection.class, "receive");
  }

  @Test
  void progressWithoutPosition() throws Exception {
    doReturn(Received.progress(null)).when(connection).receive(any());
    assertFailed(Reason.FATAL, Connection.class, "receive");
  }

  @Test
  void encode() throws Exception {
    doReturn(Optional.empty()).when(claim).load();
    doReturn(null).when(source).encode(any());
    assertFailed(Reason.CHECKPOINT, ClientTrackedSource.class, "encode");
  }

  @Test
  void encodeThrowing() throws Exception {
    doReturn(Optional.empty()).when(claim).load();
    doThrow(ODD).when(source).encode(any());
    assertFailed(Reason.CHECKPOINT, ClientTrackedSource.class, "encode");
  }

  @Test
  void tryClaim() throws Exception {
    doReturn(null).when(store).tryClaim(any(), any());
    assertFailed(Reason.CHECKPOINT, CheckpointStore.class, "tryClaim");
  }

  @Test
  void load() throws Exception {
    doReturn(null).when(claim).load();
    assertFailed(Reason.CHECKPOINT, CheckpointClaim.class, "load");
  }

  @Test
  void tryClaimThrowing() throws Exception {
    doThrow(ODD).when(store).tryClaim(any(), any());
    assertFailed(Reason.CHECKPOINT, CheckpointStore.class, "tryClaim");
  }

  @Test
  void loadThrowing() throws Exception {
    doThrow(new IllegalStateException("odd")).when(claim).load();
    assertFailed(Reason.CHECKPOINT, CheckpointClaim.class, "load");
  }

  @Test
  void loadOfStandby() throws Exception {
    doReturn(Optional.empty(), Optional.of(claim)).when(store).tryClaim(any(), any());
    doReturn(null).when(claim).load();
    assertFailed(Reason.CHECKPOINT, CheckpointClaim.class, "load");
  }

  @Test
  void classify() throws Exception {
    doThrow(new IllegalStateException("cut")).when(source).connect(any());
    doReturn(null).when(classifier).classify(any());
    assertFailed(Reason.FATAL, ErrorClassifier.class, "classify");
  }

  @Test
  void classifyThrowing() throws Exception {
    doThrow(new IllegalStateException("cut")).when(source).connect(any());
    doThrow(ODD).when(classifier).classify(any());
    assertFailed(Reason.FATAL, ErrorClassifier.class, "classify");
  }

  @Test
  void delay() throws Exception {
    doThrow(new IllegalStateException("cut")).when(source).connect(any());
    doReturn(null).when(policy).delay(anyInt(), anyDouble());
    assertFailed(Reason.FATAL, BackoffPolicy.class, "delay");
  }

  @Test
  void negativeDelay() throws Exception {
    doThrow(new IllegalStateException("cut")).when(source).connect(any());
    doReturn(Duration.ofSeconds(-1)).when(policy).delay(anyInt(), anyDouble());
    assertFailed(Reason.FATAL, BackoffPolicy.class, "delay");
  }

  @Test
  void cap() throws Exception {
    doThrow(new IllegalStateException("cut")).when(source).connect(any());
    doReturn(null).when(policy).cap();
    assertFailed(Reason.FATAL, BackoffPolicy.class, "cap");
  }

  private void assertRefused(String method) {
    assertThatIllegalStateException()
        .isThrownBy(this::open)
        .withMessageContaining("ClientTrackedSource")
        .withMessageContaining("." + method + "()");
  }

  @Test
  @DisplayName("a fault that open() can detect is refused there, and open() works after a fix")
  void atOpen() {
    doReturn(null).when(source).name();
    assertRefused("name");
    doReturn(" ").when(source).name();
    assertRefused("name");
    doThrow(ODD).when(source).name();
    assertRefused("name");
    doReturn("test").when(source).name();
    doReturn(null).when(source).errors();
    assertRefused("errors");
    doReturn(classifier).when(source).errors();
    doReturn(null).when(source).backoff();
    assertRefused("backoff");
    doReturn(policy).when(source).backoff();
    doReturn(null).when(source).binding();
    assertRefused("binding");
    doReturn(new SourceBinding()).when(source).binding();
    open().close();
  }

  @Test
  @DisplayName("open() refuses a server-tracked source with an invalid horizon")
  void horizon() {
    ServerTrackedSource<String, TestPosition> server = mock(ServerTrackedSource.class);
    doReturn("test").when(server).name();
    doReturn(classifier).when(server).errors();
    doReturn(policy).when(server).backoff();
    doReturn(new SourceBinding()).when(server).binding();
    for (Duration horizon : new Duration[] {null, Duration.ofSeconds(-1)}) {
      doReturn(horizon).when(server).redeliveryHorizon();
      assertThatIllegalStateException()
          .isThrownBy(() -> EventStream.from(server).runtime(runtime).open())
          .withMessageContaining("ServerTrackedSource")
          .withMessageContaining("redeliveryHorizon()");
    }
  }

  @Test
  @DisplayName("a server-tracked source whose connect() returns null fails the stream")
  void serverConnect() throws Exception {
    ServerTrackedSource<String, TestPosition> server = mock(ServerTrackedSource.class);
    doReturn("test").when(server).name();
    doReturn(classifier).when(server).errors();
    doReturn(policy).when(server).backoff();
    doReturn(new SourceBinding()).when(server).binding();
    doReturn(Duration.ZERO).when(server).redeliveryHorizon();
    EventStream<String> stream = EventStream.from(server).runtime(runtime).open();
    assertThatExceptionOfType(StreamFailedException.class)
        .isThrownBy(() -> pull(stream))
        .withMessageContaining("ServerTrackedSource")
        .withMessageContaining("connect()");
    stream.close();
  }

  @Test
  @DisplayName("a checkpoint of another source fails the stream before decode() is called")
  void foreignCheckpoint() throws Exception {
    doReturn(Optional.of(new Checkpoint("other", "", "1"))).when(claim).load();
    EventStream<String> stream = open();
    assertThatExceptionOfType(StreamFailedException.class)
        .isThrownBy(() -> pull(stream))
        .withMessageContaining("'other'")
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.CHECKPOINT));
    verify(source, times(0)).decode(any());
    stream.close();
  }
}
