package dev.perennial.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A port of the loopback interface that refuses connections. It stays bound until it is closed, so
 * that no other process can listen there.
 */
public final class ClosedPort implements AutoCloseable {

  private final Socket socket = new Socket();

  public ClosedPort() throws IOException {
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  public int number() {
    return socket.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
