package dev.perennial.port;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * A transport, which opens channels that carry messages. Safe for use from any thread. The
 * application that made it closes it.
 */
public interface Transport extends AutoCloseable {

  /**
   * Opens a channel.
   *
   * @param uri where to; which schemes are known is the transport's own matter ({@code ws} and
   *     {@code wss})
   * @param headers sent with the handshake; their values never reach a log or an error
   * @param timeout how long connecting and the handshake may take together
   * @throws TransportException if it could not
   * @throws InterruptedException if the thread was interrupted while it waited; what was begun is
   *     abandoned
   */
  Channel open(URI uri, Map<String, String> headers, Duration timeout)
      throws TransportException, InterruptedException;

  /** Closes every channel and frees what the transport made. Idempotent; does not wait forever. */
  @Override
  void close();
}
