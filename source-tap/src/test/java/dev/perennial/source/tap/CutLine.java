package dev.perennial.source.tap;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A line to a server that can be cut, by which what is on its way in either direction is lost. */
final class CutLine implements AutoCloseable {

  private static final int BUFFER = 1 << 14;

  private final InetSocketAddress server;
  private final ServerSocket entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final Set<Socket> unheard = ConcurrentHashMap.newKeySet();

  CutLine(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    server =
        new InetSocketAddress(
            address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    daemon(this::accept);
  }

  /** Where it begins. */
  String address() {
    return "127.0.0.1:" + entrance.getLocalPort();
  }

  /** From now on what clients say is lost, and nobody notices; a new connection is whole. */
  void loseAcks() {
    unheard.addAll(sockets);
  }

  /** Ends every connection, both sides at once. */
  void cut() {
    sockets.forEach(CutLine::reset);
    sockets.clear();
    unheard.clear();
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    cut();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = entrance.accept();
        Socket tap = new Socket();
        sockets.add(client);
        sockets.add(tap);
        try {
          tap.connect(server);
          client.setTcpNoDelay(true);
          tap.setTcpNoDelay(true);
          daemon(() -> carry(client, tap, true));
          daemon(() -> carry(tap, client, false));
        } catch (IOException e) {
          reset(client);
          reset(tap);
        }
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void carry(Socket from, Socket to, boolean acks) {
    byte[] buffer = new byte[BUFFER];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (!acks || !unheard.contains(from)) {
          out.write(buffer, 0, read);
        }
      }
    } catch (IOException e) {
      // Cut, or ended by one side.
    } finally {
      reset(from);
      reset(to);
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It is of no use any more, which is what was wanted.
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "cut line");
    thread.setDaemon(true);
    thread.start();
  }
}
