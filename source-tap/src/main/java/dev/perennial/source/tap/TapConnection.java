package dev.perennial.source.tap;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.Received;
import dev.perennial.port.TransportException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One session with Tap. */
final class TapConnection implements AckingConnection<TapEvent, TapPosition> {

  private final Channel channel;
  private final TapDecoder decoder;

  /**
   * What positions know this connection by. Not the connection itself, which would keep the channel
   * in memory.
   */
  private final Object identity = new Object();

  TapConnection(Channel channel, TapDecoder decoder) {
    this.channel = channel;
    this.decoder = decoder;
  }

  @Override
  public @Nullable Received<TapEvent, TapPosition> receive(Duration timeout)
      throws TransportException, InterruptedException {
    Message message = channel.receive(timeout);
    if (message == null) {
      return null;
    }
    TapEvent event = decoder.decode(message);
    return Received.event(event, TapPosition.of(event, identity));
  }

  /**
   * Writes an ack, which is one message of its own. Ignores a position that came on another
   * connection: acking an event that Tap has not sent on this one, which happens when Tap restarted
   * in between and uses the id for another event, can make it forget the event and hold back
   * everything else of that repo until it restarts again.
   */
  @Override
  public void acknowledge(TapPosition position) {
    OptionalLong id = position.id();
    if (id.isPresent() && position.cameOn(identity)) {
      channel.send(ack(id.getAsLong()));
    }
  }

  private static byte[] ack(long id) {
    // Tap takes an id in this form only, and drops the connection on any other.
    return ("{\"type\":\"ack\",\"id\":" + Long.toUnsignedString(id) + '}')
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public int unsent() {
    return channel.unsent();
  }

  @Override
  public void wakeUp() {
    channel.wakeUp();
  }

  @Override
  public void close(Duration flush) throws InterruptedException {
    channel.close(flush);
  }

  @Override
  public String toString() {
    return "TapConnection";
  }
}
