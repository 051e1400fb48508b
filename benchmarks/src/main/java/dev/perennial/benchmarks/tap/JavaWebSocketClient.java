package dev.perennial.benchmarks.tap;

import dev.perennial.benchmarks.measure.Client;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.handshake.ServerHandshake;
import org.jspecify.annotations.Nullable;

/** The library Java-WebSocket, with databind. Its sends are written by a thread of its own. */
final class JavaWebSocketClient implements Client {

  private static final long WRITTEN_MILLIS = 10;

  private final URI uri;

  JavaWebSocketClient(URI uri) {
    this.uri = uri;
  }

  @Override
  public long read(int events) throws Exception {
    Connection connection = new Connection(uri, events);
    connection.setTcpNoDelay(true);
    if (!connection.connectBlocking()) {
      throw new IllegalStateException("cannot connect");
    }
    long checksum = connection.done.get();
    // Closing would drop acks that are still queued or being written.
    do {
      Thread.sleep(WRITTEN_MILLIS);
    } while (connection.hasBufferedData());
    connection.closeBlocking();
    return checksum;
  }

  @Override
  public void close() {}

  /** One connection. */
  private static final class Connection extends WebSocketClient {
    private final CompletableFuture<Long> done = new CompletableFuture<>();
    private final Checksum checksum = new Checksum();
    private final int events;
    private int handled;

    Connection(URI uri, int events) {
      super(uri);
      this.events = events;
    }

    @Override
    public void onOpen(ServerHandshake handshake) {}

    @Override
    public void onMessage(String text) {
      TapMessage message = TapMessage.parse(text);
      message.handle(checksum);
      send(message.ack());
      if (++handled == events) {
        done.complete(checksum.sum());
      }
    }

    @Override
    public void onClose(int code, @Nullable String reason, boolean remote) {
      done.completeExceptionally(new IllegalStateException("the connection was closed"));
    }

    @Override
    public void onError(Exception error) {
      done.completeExceptionally(error);
    }
  }
}
