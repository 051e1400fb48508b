package dev.perennial.benchmarks.tap;

import dev.perennial.benchmarks.measure.Client;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The JDK's own WebSocket client, with databind. */
final class JdkClient implements Client {

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI uri;

  JdkClient(URI uri) {
    this.uri = uri;
  }

  @Override
  public long read(int events) throws Exception {
    Listener listener = new Listener(events);
    WebSocket socket = client.newWebSocketBuilder().buildAsync(uri, listener).get();
    long checksum = listener.done.get();
    socket.abort();
    return checksum;
  }

  @Override
  public void close() {}

  /** Acks what it gets. A send must wait for the one before, so they are chained. */
  private static final class Listener implements WebSocket.Listener {
    private final CompletableFuture<Long> done = new CompletableFuture<>();
    private final Checksum checksum = new Checksum();
    private final StringBuilder text = new StringBuilder();
    private final int events;
    private CompletableFuture<?> sent = CompletableFuture.completedFuture(null);
    private int handled;

    Listener(int events) {
      this.events = events;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        TapMessage message = TapMessage.parse(text.toString());
        text.setLength(0);
        message.handle(checksum);
        sent = sent.thenCompose(before -> socket.sendText(message.ack(), true));
        if (++handled == events) {
          sent.whenComplete((all, error) -> {
            if (error == null) {
              done.complete(checksum.sum());
            } else {
              done.completeExceptionally(error);
            }
          });
        }
      }
      socket.request(1);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      done.completeExceptionally(error);
    }
  }
}
