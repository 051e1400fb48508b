package dev.perennial.source.mongo;

import com.mongodb.ServerAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A network between a client and a server, which can be cut, be dead, and be half open. */
final class FaultProxy implements AutoCloseable {

  private static final int BUFFER = 1 << 16;

  private final InetSocketAddress target;
  private final ServerSocket server;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock.
  private boolean frozen;
  private boolean refusing;
  private boolean closed;

  FaultProxy(ServerAddress target) throws IOException {
    this.target = new InetSocketAddress(target.getHost(), target.getPort());
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  /** Where it is reached. */
  ServerAddress address() {
    return new ServerAddress("127.0.0.1", server.getLocalPort());
  }

  /** Closes every connection. */
  void cut() {
    for (Socket socket : sockets) {
      closeQuietly(socket);
    }
    sockets.clear();
  }

  /** From now on nothing passes, in either direction, and nobody is told. */
  void freeze() {
    set(() -> frozen = true);
  }

  /** What was held up passes. */
  void thaw() {
    set(() -> frozen = false);
  }

  /** Cuts every connection, and each new one at once. */
  void refuse() {
    set(() -> refusing = true);
    cut();
  }

  /** Takes connections again. */
  void allow() {
    set(() -> refusing = false);
  }

  private void set(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isRefusing() {
    lock.lock();
    try {
      return refusing || closed;
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        if (isRefusing()) {
          closeQuietly(client);
          continue;
        }
        Socket upstream = new Socket();
        sockets.add(client);
        sockets.add(upstream);
        try {
          upstream.connect(target);
          client.setTcpNoDelay(true);
          upstream.setTcpNoDelay(true);
        } catch (IOException e) {
          closeQuietly(client);
          closeQuietly(upstream);
          continue;
        }
        daemon(() -> pump(client, upstream));
        daemon(() -> pump(upstream, client));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        awaitThaw();
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException e) {
      // Cut, or ended by one side.
    } finally {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private void awaitThaw() throws IOException {
    lock.lock();
    try {
      while (frozen && !closed) {
        changed.awaitUninterruptibly();
      }
      if (closed) {
        throw new IOException("the proxy is closed");
      }
    } finally {
      lock.unlock();
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "fault-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  @Override
  public void close() throws IOException {
    set(() -> closed = true);
    server.close();
    cut();
  }
}
