package dev.perennial.simulators.redis;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds free ports. They are below those that the system gives to outgoing connections, so that a
 * server that is killed gets its own again.
 */
final class FreePorts {

  private static final int FIRST = 10_240;
  private static final int COUNT = 9_760;
  private static final int ATTEMPTS = 1_000;

  /** How far a cluster node's second port is from its first: Redis's own rule. */
  private static final int BUS = 10_000;

  private FreePorts() {}

  /** A port that was free a moment ago, and so was the second one that a cluster node needs. */
  static int free() throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int port = FIRST + ThreadLocalRandom.current().nextInt(COUNT);
      if (isFree(port) && isFree(port + BUS)) {
        return port;
      }
    }
    throw new IOException("No port is free.");
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
