package dev.perennial.source.tap;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.Received;
import dev.perennial.port.TransportException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One session with Tap. */
final class TapConnection implements AckingConnection<TapEvent, TapPosition> {

  private final Channel channel;
  private final TapDecoder decoder;
  private final HeldAcks held;
  private final long number;
  private final SentAcks sent = new SentAcks();
  private volatile boolean ended;

  private TapConnection(Channel channel, TapDecoder decoder, HeldAcks held, long number) {
    this.channel = channel;
    this.decoder = decoder;
    this.held = held;
    this.number = number;
  }

  /** Makes a session of a channel, which comes after those that were made with the same acks. */
  static TapConnection open(Channel channel, TapDecoder decoder, HeldAcks held) {
    TapConnection connection = new TapConnection(channel, decoder, held, held.nextNumber());
    held.opened(connection);
    return connection;
  }

  @Override
  public @Nullable Received<TapEvent, TapPosition> receive(Duration timeout)
      throws TransportException, InterruptedException {
    Message message = channel.receive(held.beginReceive(timeout));
    sent.confirmed(channel.confirmed());
    if (message == null) {
      held.receivedNothing();
      return null;
    }
    TapEvent event = decoder.decode(message);
    held.received(event.idIfAny());
    return Received.event(event, TapPosition.of(event, number));
  }

  /**
   * Writes an ack, which is one message of its own. One of an event that came on an earlier
   * connection is written only if Tap still knows it; see {@link HeldAcks}. A position without an
   * id cannot be acked.
   */
  @Override
  public void acknowledge(TapPosition position) {
    if (position.id().isEmpty()) {
      return;
    }
    if (ended || position.connection() != number) {
      held.acknowledge(position);
      return;
    }
    send(position);
    if (ended) {
      // It may have come too late to be among those that were unconfirmed at the end.
      held.acknowledge(position);
    }
  }

  /** Gives an ack to the channel. */
  void send(TapPosition position) {
    sent.begin();
    channel.send(ack(position.requireId()));
    sent.add(position);
  }

  private static byte[] ack(long id) {
    // Tap takes an id in this form only, and drops the connection on any other.
    return ("{\"type\":\"ack\",\"id\":" + Long.toUnsignedString(id) + '}')
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The acks that the channel was given and that Tap has not confirmed, in order. */
  List<TapPosition> unconfirmed() {
    return sent.unconfirmed();
  }

  /** How many acks given to the channel it has not written: the last ones. */
  int unwritten() {
    return channel.unsent();
  }

  @Override
  public int unsent() {
    return held.unsent();
  }

  @Override
  public void wakeUp() {
    channel.wakeUp();
  }

  @Override
  public void close(Duration flush) throws InterruptedException {
    if (!flush.isZero()) {
      held.sendRest(this);
    }
    try {
      channel.close(flush);
    } finally {
      ended = true;
      held.ended(this);
    }
  }

  @Override
  public String toString() {
    return "TapConnection";
  }
}
