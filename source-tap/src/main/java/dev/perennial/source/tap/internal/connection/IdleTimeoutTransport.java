package dev.perennial.source.tap.internal.connection;

import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.Transport;
import dev.perennial.port.TransportException;
import dev.perennial.port.support.LogText;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A transport whose channels fail when no message has arrived for the idle timeout although the
 * stream called receive. Everything else is passed on to another transport.
 */
public final class IdleTimeoutTransport implements Transport {

  /**
   * The longest time between two receives that counts as idle. An application that is busy
   * elsewhere, or a machine that slept, must then receive several times before the channel fails.
   */
  private static final Duration MAX_COUNTED_GAP = Duration.ofSeconds(1);

  /** RFC 6455, section 7.4.1: no close frame came. */
  private static final int ABNORMAL = 1006;

  private final Transport transport;
  private final Duration limit;
  private final StreamRuntime runtime;

  /**
   * Wraps a transport.
   *
   * @param limit the idle timeout, over zero
   */
  public IdleTimeoutTransport(Transport transport, Duration limit, StreamRuntime runtime) {
    this.transport = transport;
    this.limit = limit;
    this.runtime = runtime;
  }

  @Override
  public Channel open(URI uri, Map<String, String> headers, Duration timeout)
      throws TransportException, InterruptedException {
    return new IdleTimeoutChannel(transport.open(uri, headers, timeout));
  }

  @Override
  public void close() {
    transport.close();
  }

  /** A channel that counts the time without a message. */
  private final class IdleTimeoutChannel implements Channel {

    private final Channel channel;
    private long lastReceiveAt = runtime.nanoTime();
    private long idleNanos;

    IdleTimeoutChannel(Channel channel) {
      this.channel = channel;
    }

    @Override
    public @Nullable Message receive(Duration timeout)
        throws TransportException, InterruptedException {
      Message message = channel.receive(timeout);
      long now = runtime.nanoTime();
      long gap = Math.min(now - lastReceiveAt, MAX_COUNTED_GAP.toNanos());
      lastReceiveAt = now;
      idleNanos = message == null ? idleNanos + gap : 0;
      if (idleNanos >= limit.toNanos()) {
        throw new TransportException.Lost(
            ABNORMAL,
            "no event came for "
                + LogText.duration(limit)
                + ", the limit set with TapSourceBuilder.reconnectWhenIdle()",
            null);
      }
      return message;
    }

    @Override
    public void wakeUp() {
      channel.wakeUp();
    }

    @Override
    public void send(byte[] utf8Text) {
      channel.send(utf8Text);
    }

    @Override
    public int unsent() {
      return channel.unsent();
    }

    @Override
    public long confirmed() {
      return channel.confirmed();
    }

    @Override
    public void close(Duration flush) throws InterruptedException {
      channel.close(flush);
    }
  }
}
