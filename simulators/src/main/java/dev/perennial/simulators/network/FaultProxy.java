package dev.perennial.simulators.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on the loopback interface that can cut, freeze, refuse and redirect connections, and
 * lose what passes. Safe for use from any thread; each method has taken effect when it returns.
 */
public final class FaultProxy implements AutoCloseable {

  private static final int BUFFER_BYTES = 64 * 1024;

  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private InetSocketAddress target;
  private boolean frozen;
  private boolean refusing;
  private boolean losesNextReply;
  private boolean closed;

  /** What becomes of a connection's bytes. */
  private enum Traffic {
    PASSES,
    /** Nothing passes any more, in either direction. */
    FROZEN,
    /** What the client sends is dropped. */
    REQUESTS_LOST,
    /** The connection is closed. */
    ENDED
  }

  private static final class Connection {

    private final Socket client;
    private final Socket server = new Socket();

    /** Guarded by the proxy's lock. */
    private Traffic traffic = Traffic.PASSES;

    Connection(Socket client) {
      this.client = client;
    }

    void set(Traffic next) {
      if (traffic != Traffic.ENDED) {
        traffic = next;
      }
    }
  }

  private FaultProxy(InetSocketAddress target) throws IOException {
    this.target = target;
  }

  /** Starts a proxy to a port of the loopback interface. */
  public static FaultProxy to(int port) throws IOException {
    return start(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /** Starts a proxy to a server's {@code host:port}. */
  public static FaultProxy to(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    int port = Integer.parseInt(address.substring(colon + 1));
    return start(new InetSocketAddress(address.substring(0, colon), port));
  }

  private static FaultProxy start(InetSocketAddress target) throws IOException {
    FaultProxy proxy = new FaultProxy(target);
    startThread(proxy::accept);
    return proxy;
  }

  /** The port that clients connect to. */
  public int port() {
    return listening.getLocalPort();
  }

  /** The {@code host:port} that clients connect to. */
  public String address() {
    return "127.0.0.1:" + port();
  }

  /** Holds back everything, in both directions, until {@link #thaw}; connections stay open. */
  public void freeze() {
    change(() -> frozen = true);
  }

  /** Ends a {@link #freeze}: what was held back passes. */
  public void thaw() {
    change(() -> frozen = false);
  }

  /** Freezes the connections that are open now for good; new ones work. */
  public void freezeOpenConnections() {
    change(() -> connections.forEach(connection -> connection.set(Traffic.FROZEN)));
  }

  /** Drops what clients send on the connections that are open now; new ones work. */
  public void loseRequests() {
    change(() -> connections.forEach(connection -> connection.set(Traffic.REQUESTS_LOST)));
  }

  /** Closes the next connection that gets a reply, instead of passing the reply on. */
  public void loseNextReply() {
    change(() -> losesNextReply = true);
  }

  /** Closes all connections. */
  public void cut() {
    connections.forEach(this::close);
  }

  /** Resets all connections, so that bytes under way are lost. */
  public void reset() {
    for (Connection connection : connections) {
      resetOnClose(connection.client);
      resetOnClose(connection.server);
      close(connection);
    }
  }

  /** Closes all connections, and each new one at once, until {@link #allow}. */
  public void refuse() {
    change(() -> refusing = true);
    cut();
  }

  /** Ends a {@link #refuse}. */
  public void allow() {
    change(() -> refusing = false);
  }

  /** Connects new connections to another port of the loopback interface. */
  public void redirect(int port) {
    change(() -> target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /** Closes all connections and takes no new ones. Idempotent. */
  @Override
  public void close() {
    change(() -> {
      closed = true;
      connections.forEach(connection -> connection.set(Traffic.ENDED));
    });
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cut();
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Where a new connection leads; null to refuse it. */
  private @Nullable InetSocketAddress target() {
    lock.lock();
    try {
      return refusing || closed ? null : target;
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Connection connection = new Connection(listening.accept());
        connections.add(connection);
        connect(connection);
      } catch (IOException e) {
        // The proxy is closed, which ends the loop.
      }
    }
  }

  private void connect(Connection connection) {
    InetSocketAddress address = target();
    if (address == null) {
      close(connection);
      return;
    }
    try {
      connection.server.connect(address);
      connection.client.setTcpNoDelay(true);
      connection.server.setTcpNoDelay(true);
      startThread(() -> pass(connection, connection.client, connection.server));
      startThread(() -> pass(connection, connection.server, connection.client));
    } catch (IOException e) {
      close(connection); // The server is down.
    }
  }

  /** Passes bytes on until one side ends. The end is held back too while the bytes are. */
  private void pass(Connection connection, Socket from, Socket to) {
    boolean replies = from.equals(connection.server);
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        Traffic traffic = awaitThaw(connection, replies);
        if (traffic == Traffic.ENDED) {
          return;
        }
        if (replies || traffic != Traffic.REQUESTS_LOST) {
          out.write(buffer, 0, read);
        }
      }
      awaitThaw(connection, false);
    } catch (IOException e) {
      // Cut, or ended by one side.
    } finally {
      close(connection);
    }
  }

  private Traffic awaitThaw(Connection connection, boolean reply) {
    lock.lock();
    try {
      while (connection.traffic == Traffic.FROZEN
          || (frozen && connection.traffic != Traffic.ENDED)) {
        changed.awaitUninterruptibly();
      }
      if (reply && losesNextReply) {
        losesNextReply = false;
        connection.set(Traffic.ENDED);
      }
      return connection.traffic;
    } finally {
      lock.unlock();
    }
  }

  private void close(Connection connection) {
    change(() -> connection.set(Traffic.ENDED));
    closeQuietly(connection.client);
    closeQuietly(connection.server);
    connections.remove(connection);
  }

  private static void resetOnClose(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // It is closed already.
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It cannot be used any more, which is what was wanted.
    }
  }

  private static void startThread(Runnable task) {
    Thread thread = new Thread(task, "fault-proxy");
    thread.setDaemon(true);
    thread.start();
  }
}
