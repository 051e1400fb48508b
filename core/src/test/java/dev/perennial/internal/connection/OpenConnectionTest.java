package dev.perennial.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import dev.perennial.TestPosition;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OpenConnectionTest {

  private static final Error BROKEN = new Error("of this test");

  @SuppressWarnings("unchecked")
  private final AckingConnection<String, TestPosition> connection = mock(AckingConnection.class);

  private final StreamObserver observer = mock(StreamObserver.class);
  private final OpenConnection<String, TestPosition> open =
      new OpenConnection<>(connection, 5, observer);

  @Test
  @DisplayName("a connection proves itself once, and knows its age")
  void proves() {
    assertThat(open.isProved()).isFalse();
    assertThat(open.prove()).isTrue();
    assertThat(open.isProved()).isTrue();
    assertThat(open.prove()).isFalse();
    assertThat(open.age(12)).isEqualTo(Duration.ofNanos(7));
  }

  @Test
  @DisplayName("wakeUp, unsent and close reach the connection")
  void passesOn() throws Exception {
    when(connection.unsent()).thenReturn(3);
    open.wakeUp();
    assertThat(open.unsent()).isEqualTo(3);
    open.closeQuietly(Duration.ofSeconds(1));
    verify(connection).wakeUp();
    verify(connection).close(Duration.ofSeconds(1));
    verifyNoInteractions(observer);
  }

  @Test
  @DisplayName("only the first close closes the connection")
  void closesOnce() throws Exception {
    assertThat(open.closeQuietly(Duration.ZERO)).isTrue();
    assertThat(open.closeQuietly(Duration.ofSeconds(1))).isFalse();
    verify(connection).close(any());
  }

  @Test
  @DisplayName("a connection without acks has none unsent")
  void takesNoAcks() {
    @SuppressWarnings("unchecked")
    Connection<String, TestPosition> other = mock(Connection.class);
    assertThat(new OpenConnection<>(other, 0, observer).unsent()).isZero();
  }

  @Test
  @DisplayName("errors of the connection are reported and not thrown")
  void reportsErrors() throws Exception {
    doThrow(BROKEN).when(connection).wakeUp();
    doThrow(BROKEN).when(connection).unsent();
    doThrow(new IOException("cut")).when(connection).close(any());
    open.wakeUp();
    assertThat(open.unsent()).isZero();
    open.closeQuietly(Duration.ZERO);
    verify(observer).wakeUpFailed(BROKEN);
    verify(observer).unsentFailed(BROKEN);
    verify(observer).closeFailed(eq("a connection"), any(IOException.class));
  }

  @Test
  @DisplayName("an interrupt during close is kept and not reported as a failure")
  void interrupted() throws Exception {
    doThrow(new InterruptedException()).when(connection).close(any());
    open.closeQuietly(Duration.ZERO);
    assertThat(Thread.interrupted()).isTrue();
    verifyNoInteractions(observer);
  }

  @Test
  @DisplayName("a missing position or event is a fault of the connection")
  void incomplete() throws Exception {
    TestPosition position = new TestPosition(1);
    when(connection.receive(any()))
        .thenReturn(null)
        .thenReturn(Received.event("a", position))
        .thenReturn(Received.progress(position))
        .thenReturn(Received.event("a", null))
        .thenReturn(Received.progress(null))
        .thenReturn(Received.event(null, position));
    assertThat(open.receive(Duration.ZERO)).isNull();
    assertThat(open.receive(Duration.ZERO)).isEqualTo(Received.event("a", position));
    assertThat(open.receive(Duration.ZERO)).isEqualTo(Received.progress(position));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> open.receive(Duration.ZERO))
          .isInstanceOf(AdapterFault.class)
          .hasMessageContaining("receive");
    }
  }
}
