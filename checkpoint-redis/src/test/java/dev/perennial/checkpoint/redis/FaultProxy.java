package dev.perennial.checkpoint.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A line to a server that can be cut so that nobody notices: what is sent then is held back, and
 * comes late once the line is mended.
 */
final class FaultProxy implements AutoCloseable {

  private final ServerSocket entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private volatile int port;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition mended = lock.newCondition();
  private final AtomicBoolean loseNextAnswer = new AtomicBoolean();
  private boolean cut;

  /** How many times the connections there were then have been silenced for good. */
  private int silenced;

  FaultProxy(int port) throws IOException {
    this.port = port;
    daemon(this::accept);
  }

  String uri() {
    return "redis://127.0.0.1:" + entrance.getLocalPort();
  }

  void cut() {
    lock.lock();
    try {
      cut = true;
    } finally {
      lock.unlock();
    }
  }

  void mend() {
    lock.lock();
    try {
      cut = false;
      mended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Connections that are there never pass anything on again, nor end; new ones do. */
  void silence() {
    lock.lock();
    try {
      silenced++;
    } finally {
      lock.unlock();
    }
  }

  /** Connections that are there stay where they are; new ones go elsewhere. */
  void leadTo(int otherPort) {
    port = otherPort;
  }

  /** The next answer never arrives: the connection ends instead. */
  void loseNextAnswer() {
    loseNextAnswer.set(true);
  }

  private int silenced() {
    lock.lock();
    try {
      return silenced;
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket client = entrance.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(client);
        sockets.add(server);
        int before = silenced();
        daemon(() -> carry(client, server, before, new AtomicBoolean()));
        daemon(() -> carry(server, client, before, loseNextAnswer));
      } catch (IOException e) {
        // The server is down, or we are closed.
      }
    }
  }

  /** Passes on also the end, but never before what came before it. */
  private void carry(Socket from, Socket to, int before, AtomicBoolean lose) {
    byte[] buffer = new byte[8192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        awaitMended(before);
        if (lose.compareAndSet(true, false)) {
          return;
        }
        out.write(buffer, 0, length);
      }
      awaitMended(before);
    } catch (IOException | InterruptedException e) {
      // It is over, whoever ended it.
    }
  }

  private void awaitMended(int before) throws InterruptedException {
    lock.lock();
    try {
      while ((cut || silenced != before) && !entrance.isClosed()) {
        mended.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "cuttable-line");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      entrance.close();
      mend();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
