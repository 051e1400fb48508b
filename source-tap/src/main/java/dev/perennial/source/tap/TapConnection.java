package dev.perennial.source.tap;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.Received;
import dev.perennial.port.TransportException;
import dev.perennial.source.tap.internal.connection.Ack;
import dev.perennial.source.tap.internal.connection.AckResender;
import dev.perennial.source.tap.internal.connection.AckSender;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A connection to Tap's event channel, which receives events and sends acks. */
final class TapConnection implements AckingConnection<TapEvent, TapPosition> {

  private final Channel channel;
  private final TapDecoder decoder;
  private final AckResender resender;
  private final AckSender acks;
  private final long number;
  private volatile boolean ended;

  /**
   * Makes a connection of an open channel. It comes after those that were made with the same
   * resender.
   */
  TapConnection(Channel channel, TapDecoder decoder, AckResender resender) {
    this.channel = channel;
    this.decoder = decoder;
    this.resender = resender;
    this.acks = new AckSender(channel);
    this.number = resender.opened(acks);
  }

  @Override
  public @Nullable Received<TapEvent, TapPosition> receive(Duration timeout)
      throws TransportException, InterruptedException {
    Message message = channel.receive(resender.beginReceive(timeout));
    acks.dropConfirmed();
    if (message == null) {
      resender.receivedNothing();
      return null;
    }
    TapEvent event = decoder.decode(message);
    if (event.hasId) {
      resender.received(event.id);
    } else {
      resender.received();
    }
    return Received.event(event, TapPosition.of(event, number));
  }

  /**
   * Sends an ack. One of an event that came on an earlier connection is sent only if Tap still
   * knows the event; see {@link AckResender}. A position without an id cannot be acked.
   */
  @Override
  public void acknowledge(TapPosition position) {
    if (!position.hasId) {
      return;
    }
    if (ended || position.connection != number) {
      resender.acknowledge(new Ack(position.connection, position.id));
      return;
    }
    acks.send(number, position.id);
    if (ended) {
      // It may have come too late to be among those that were unconfirmed at the end.
      resender.acknowledge(new Ack(number, position.id));
    }
  }

  @Override
  public int unsent() {
    return resender.unsent();
  }

  @Override
  public void wakeUp() {
    channel.wakeUp();
  }

  @Override
  public void close(Duration flush) throws InterruptedException {
    if (!flush.isZero()) {
      resender.sendRest(acks);
    }
    try {
      channel.close(flush);
    } finally {
      ended = true;
      resender.ended(acks);
    }
  }

  @Override
  public String toString() {
    return "TapConnection";
  }
}
