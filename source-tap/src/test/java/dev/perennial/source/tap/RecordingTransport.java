package dev.perennial.source.tap;

import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.Transport;
import dev.perennial.port.TransportException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A transport that records the acks that a stream sends. */
final class RecordingTransport implements Transport {

  private static final Pattern ACK = Pattern.compile("\\{\"type\":\"ack\",\"id\":(\\d+)}");

  /**
   * An ack.
   *
   * @param channel the number of the channel that sent it, from 1
   * @param isReceived whether its event had arrived on this channel before
   * @param isDone whether its event was done before
   */
  record Ack(int channel, long id, boolean isReceived, boolean isDone) {}

  private final Transport transport;
  private final LongPredicate isDone;
  private final List<Ack> acks = new CopyOnWriteArrayList<>();
  private final AtomicInteger channels = new AtomicInteger();

  /**
   * Makes the transport.
   *
   * @param transport what opens the channels; it is not closed
   * @param isDone whether the event of an id is done
   */
  RecordingTransport(Transport transport, LongPredicate isDone) {
    this.transport = transport;
    this.isDone = isDone;
  }

  /** Returns the acks in the order in which they were sent. */
  List<Ack> acks() {
    return List.copyOf(acks);
  }

  @Override
  public Channel open(URI uri, Map<String, String> headers, Duration timeout)
      throws TransportException, InterruptedException {
    Channel channel = transport.open(uri, headers, timeout);
    return new RecordingChannel(channel, channels.incrementAndGet());
  }

  @Override
  public void close() {}

  private final class RecordingChannel implements Channel {

    private final Channel channel;
    private final int number;
    private final Set<Long> received = ConcurrentHashMap.newKeySet();

    RecordingChannel(Channel channel, int number) {
      this.channel = channel;
      this.number = number;
    }

    @Override
    public @Nullable Message receive(Duration timeout)
        throws TransportException, InterruptedException {
      Message message = channel.receive(timeout);
      if (message instanceof Message.Text text) {
        TapEvent.parse(text.utf8()).id().ifPresent(received::add);
      }
      return message;
    }

    @Override
    public void send(byte[] utf8Text) {
      Matcher ack = ACK.matcher(new String(utf8Text, StandardCharsets.UTF_8));
      if (!ack.matches()) {
        throw new AssertionError("no ack: " + new String(utf8Text, StandardCharsets.UTF_8));
      }
      long id = Long.parseLong(ack.group(1));
      acks.add(new Ack(number, id, received.contains(id), isDone.test(id)));
      channel.send(utf8Text);
    }

    @Override
    public void wakeUp() {
      channel.wakeUp();
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
