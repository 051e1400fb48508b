package dev.perennial.transport.netty;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/**
 * A server that follows a script, on plain blocking sockets, so that nothing of what is tested
 * plays its part too. Each connection runs the script on a thread of its own; when it returns, the
 * connection is closed. An assertion that fails in a script fails {@link #close}.
 */
final class ScriptedServer implements AutoCloseable {

  interface Script {
    void play(Peer peer) throws Exception;
  }

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ServerSocket listening;
  private final boolean secure;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger accepted = new AtomicInteger();

  private ScriptedServer(ServerSocket listening, boolean secure, Script script) {
    this.listening = listening;
    this.secure = secure;
    threads.execute(() -> accept(script));
  }

  static ScriptedServer start(Script script) throws IOException {
    return start(ServerSocketFactory.getDefault(), 0, false, script);
  }

  /** With a receive buffer so small that a client which is not read from notices soon. */
  static ScriptedServer startWithSmallBuffer(Script script) throws IOException {
    return start(ServerSocketFactory.getDefault(), 4096, false, script);
  }

  /** On an address of its own, and on a port that another one has on its address, or 0. */
  static ScriptedServer startAt(String address, int port, Script script) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.bind(new java.net.InetSocketAddress(InetAddress.getByName(address), port));
    return new ScriptedServer(socket, false, script);
  }

  static ScriptedServer startTlsAt(String address, int port, SSLContext context, Script script)
      throws IOException {
    ServerSocket socket = context.getServerSocketFactory().createServerSocket();
    socket.bind(new java.net.InetSocketAddress(InetAddress.getByName(address), port));
    return new ScriptedServer(socket, true, script);
  }

  static ScriptedServer startTls(SSLContext context, Script script) throws IOException {
    return start(context.getServerSocketFactory(), 0, true, script);
  }

  private static ScriptedServer start(
      ServerSocketFactory factory, int receiveBuffer, boolean secure, Script script)
      throws IOException {
    ServerSocket socket = factory.createServerSocket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return new ScriptedServer(socket, secure, script);
  }

  int port() {
    return listening.getLocalPort();
  }

  URI uri() {
    return URI.create((secure ? "wss" : "ws") + "://127.0.0.1:" + port() + "/channel");
  }

  /** How many connections there have been. */
  int accepted() {
    return accepted.get();
  }

  private void accept(Script script) {
    while (!listening.isClosed()) {
      try {
        Socket socket = listening.accept();
        accepted.incrementAndGet();
        sockets.add(socket);
        threads.execute(() -> play(socket, script));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void play(Socket socket, Script script) {
    try (socket) {
      socket.setTcpNoDelay(true);
      script.play(new Peer(socket));
    } catch (IOException | InterruptedException e) {
      // The other side, or close(), ended the connection in the middle of the script: the client's
      // part is what counts.
    } catch (Throwable e) {
      failures.add(e);
    }
  }

  @Override
  public void close() throws Exception {
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
    threads.shutdownNow();
    if (!threads.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("a script does not end");
    }
    if (!failures.isEmpty()) {
      throw new AssertionError("a script failed", failures.peek());
    }
  }
}
