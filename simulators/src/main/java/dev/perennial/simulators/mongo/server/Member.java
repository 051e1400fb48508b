package dev.perennial.simulators.mongo.server;

import dev.perennial.simulators.mongo.wire.ClientConnection;
import dev.perennial.simulators.mongo.wire.RequestHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One member: a port of the loopback interface, and the connections to it. What it holds is guarded
 * by the replica set's lock.
 */
public final class Member {

  private final StateLock lock;
  private final int index;
  private final Set<ClientConnection> connections = new HashSet<>();
  private int port;
  private boolean up = true;
  private boolean paused;
  private @Nullable ServerSocket listening;

  Member(StateLock lock, int index) {
    this.lock = lock;
    this.index = index;
  }

  public int index() {
    return index;
  }

  int port() {
    return port;
  }

  public String address() {
    return "127.0.0.1:" + port;
  }

  public boolean isPaused() {
    return paused;
  }

  public int connections() {
    return connections.size();
  }

  /**
   * Begins to listen, on a free port.
   *
   * @param numbers gives each connection its number
   */
  public void listen(RequestHandler handler, IntSupplier numbers) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    port = socket.getLocalPort();
    listening = socket;
    Thread acceptor =
        new Thread(() -> accept(socket, handler, numbers), "mongo-simulator-accept-" + port);
    acceptor.setDaemon(true);
    acceptor.start();
  }

  /**
   * Ends all connections and takes none. It keeps listening and resets new connections, because
   * another process could take a port that was given up.
   */
  public void stop() {
    up = false;
    paused = false;
    closeConnections();
  }

  public void start() {
    up = true;
  }

  /** Stops for good. */
  public void close() {
    stop();
    ServerSocket socket = listening;
    listening = null;
    if (socket != null) {
      closeQuietly(socket);
    }
  }

  public void setPaused(boolean paused) {
    this.paused = paused;
    lock.signal();
  }

  public void closeConnections() {
    new ArrayList<>(connections).forEach(ClientConnection::close);
    connections.clear();
    lock.signal();
  }

  private void forget(ClientConnection connection) {
    lock.change(() -> connections.remove(connection));
  }

  private void accept(ServerSocket on, RequestHandler handler, IntSupplier numbers) {
    while (!on.isClosed()) {
      try {
        Socket socket = on.accept();
        socket.setTcpNoDelay(true);
        admit(on, socket, handler, numbers);
      } catch (IOException e) {
        closeQuietly(on);
      }
    }
  }

  private void admit(ServerSocket on, Socket socket, RequestHandler handler, IntSupplier numbers)
      throws IOException {
    lock.locked(() -> {
      if (on.isClosed() || !up) {
        socket.setSoLinger(true, 0);
        socket.close();
        return null;
      }
      ClientConnection connection =
          new ClientConnection(numbers.getAsInt(), socket, handler, this::forget);
      connections.add(connection);
      connection.start();
      return null;
    });
  }

  private static void closeQuietly(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
