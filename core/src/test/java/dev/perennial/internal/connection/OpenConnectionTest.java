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
  private final OpenConnection<String, TestPosition> session =
      new OpenConnection<>(connection, 5, observer);

  @Test
  @DisplayName("it proves itself once, and is so old")
  void proves() {
    assertThat(session.isProved()).isFalse();
    assertThat(session.prove()).isTrue();
    assertThat(session.isProved()).isTrue();
    assertThat(session.prove()).isFalse();
    assertThat(session.age(12)).isEqualTo(Duration.ofNanos(7));
  }

  @Test
  @DisplayName("wake-up, count and close reach the connection")
  void passesOn() throws Exception {
    when(connection.unsent()).thenReturn(3);
    session.wakeUp();
    assertThat(session.unsent()).isEqualTo(3);
    session.closeQuietly(Duration.ofSeconds(1));
    verify(connection).wakeUp();
    verify(connection).close(Duration.ofSeconds(1));
    verifyNoInteractions(observer);
  }

  @Test
  @DisplayName("it is closed once, by whoever comes first")
  void closesOnce() throws Exception {
    assertThat(session.closeQuietly(Duration.ZERO)).isTrue();
    assertThat(session.closeQuietly(Duration.ofSeconds(1))).isFalse();
    verify(connection).close(any());
  }

  @Test
  @DisplayName("of a connection that takes no acks nothing is unsent")
  void takesNoAcks() {
    @SuppressWarnings("unchecked")
    Connection<String, TestPosition> other = mock(Connection.class);
    assertThat(new OpenConnection<>(other, 0, observer).unsent()).isZero();
  }

  @Test
  @DisplayName("what the connection throws is told and hurts nobody")
  void tells() throws Exception {
    doThrow(BROKEN).when(connection).wakeUp();
    doThrow(BROKEN).when(connection).unsent();
    doThrow(new IOException("cut")).when(connection).close(any());
    session.wakeUp();
    assertThat(session.unsent()).isZero();
    session.closeQuietly(Duration.ZERO);
    verify(observer).wakeUpFailed(BROKEN);
    verify(observer).unsentFailed(BROKEN);
    verify(observer).closeFailed(eq("a connection"), any(IOException.class));
  }

  @Test
  @DisplayName("an interrupt while it is closed is kept, and no failure")
  void interrupted() throws Exception {
    doThrow(new InterruptedException()).when(connection).close(any());
    session.closeQuietly(Duration.ZERO);
    assertThat(Thread.interrupted()).isTrue();
    verifyNoInteractions(observer);
  }

  @Test
  @DisplayName("what lacks a position or an event is the connection's fault")
  void incomplete() throws Exception {
    TestPosition position = new TestPosition(1);
    when(connection.receive(any()))
        .thenReturn(null)
        .thenReturn(Received.event("a", position))
        .thenReturn(Received.progress(position))
        .thenReturn(Received.event("a", null))
        .thenReturn(Received.progress(null))
        .thenReturn(Received.event(null, position));
    assertThat(session.receive(Duration.ZERO)).isNull();
    assertThat(session.receive(Duration.ZERO)).isEqualTo(Received.event("a", position));
    assertThat(session.receive(Duration.ZERO)).isEqualTo(Received.progress(position));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> session.receive(Duration.ZERO))
          .isInstanceOf(AdapterFault.class)
          .hasMessageContaining("receive");
    }
  }
}
