package dev.perennial.simulators.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FaultProxyTest {

  private static final int CLOSED = -1;

  private final EchoServer server = new EchoServer();
  private FaultProxy proxy;

  @BeforeEach
  void start() throws IOException {
    proxy = FaultProxy.to(server.port());
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    server.close();
  }

  @Test
  void passesWhatIsSent() throws IOException {
    try (Socket client = connect()) {
      assertThat(echo(client, 1)).isEqualTo(1);
    }
  }

  @Test
  void holdsEverythingBackUntilThawed() throws IOException {
    try (Socket client = connect()) {
      assertThat(echo(client, 1)).isEqualTo(1);
      proxy.freeze();
      client.getOutputStream().write(2);
      assertSilent(client);
      proxy.thaw();
      assertThat(client.getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void freezesOpenConnectionsForGood() throws IOException {
    try (Socket client = connect();
        Socket later = connectAfter(client, () -> proxy.freezeOpenConnections())) {
      client.getOutputStream().write(2);
      assertThat(echo(later, 3)).isEqualTo(3);
      assertSilent(client);
    }
  }

  @Test
  void losesRequestsOnOpenConnections() throws IOException {
    try (Socket client = connect();
        Socket later = connectAfter(client, () -> proxy.loseRequests())) {
      client.getOutputStream().write(2);
      assertThat(echo(later, 3)).isEqualTo(3);
      assertSilent(client);
    }
  }

  @Test
  void closesTheConnectionInsteadOfPassingTheNextReply() throws IOException {
    try (Socket client = connect()) {
      proxy.loseNextReply();
      assertThat(echo(client, 1)).isEqualTo(CLOSED);
    }
    try (Socket client = connect()) {
      assertThat(echo(client, 1)).isEqualTo(1);
    }
  }

  @Test
  void cutsConnections() throws IOException {
    try (Socket client = connect()) {
      assertThat(echo(client, 1)).isEqualTo(1);
      proxy.cut();
      assertThat(client.getInputStream().read()).isEqualTo(CLOSED);
    }
  }

  @Test
  void resetsConnections() throws IOException {
    try (Socket client = connect()) {
      assertThat(echo(client, 1)).isEqualTo(1);
      proxy.reset();
      assertThatExceptionOfType(SocketException.class)
          .isThrownBy(() -> client.getInputStream().read());
    }
  }

  @Test
  void refusesUntilAllowed() throws IOException {
    proxy.refuse();
    try (Socket client = connect()) {
      assertThat(client.getInputStream().read()).isEqualTo(CLOSED);
    }
    proxy.allow();
    try (Socket client = connect()) {
      assertThat(echo(client, 1)).isEqualTo(1);
    }
  }

  @Test
  void redirectsNewConnections() throws IOException {
    try (EchoServer other = new EchoServer();
        Socket client = connect()) {
      assertThat(echo(client, 1)).isEqualTo(1);
      proxy.redirect(other.port());
      server.close();
      assertThat(echo(client, 2)).isEqualTo(2);
      try (Socket later = connect()) {
        assertThat(echo(later, 3)).isEqualTo(3);
      }
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(30_000);
    return socket;
  }

  private Socket connectAfter(Socket open, Runnable fault) throws IOException {
    assertThat(echo(open, 1)).isEqualTo(1);
    fault.run();
    return connect();
  }

  private static int echo(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
    return socket.getInputStream().read();
  }

  private static void assertSilent(Socket socket) throws IOException {
    int before = socket.getSoTimeout();
    socket.setSoTimeout(50);
    assertThatExceptionOfType(SocketTimeoutException.class)
        .isThrownBy(() -> socket.getInputStream().read());
    socket.setSoTimeout(before);
  }

  /** Sends back what it receives; closing it leaves open connections alone. */
  private static final class EchoServer implements AutoCloseable {

    private final ServerSocket listening;

    EchoServer() {
      try {
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      startThread(this::accept);
    }

    int port() {
      return listening.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          Socket socket = listening.accept();
          startThread(() -> echo(socket));
        }
      } catch (IOException e) {
        // Closed.
      }
    }

    private static void echo(Socket socket) {
      try (socket) {
        socket.getInputStream().transferTo(socket.getOutputStream());
      } catch (IOException e) {
        // The client is gone.
      }
    }

    private static void startThread(Runnable task) {
      Thread thread = new Thread(task, "echo-server");
      thread.setDaemon(true);
      thread.start();
    }

    @Override
    public void close() throws IOException {
      listening.close();
    }
  }
}
