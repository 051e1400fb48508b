package dev.perennial.source.tap.internal.connection;

import dev.perennial.port.Channel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A sender of the acks of one channel, which remembers those that Tap has not confirmed. Any thread
 * sends without a lock. The receiving thread drops the confirmed ones in two generations, so up to
 * twice as many acks are kept as were sent between two confirmations.
 */
public final class AckSender {

  /**
   * The most acks in one generation, about 5 MB. If an ack beyond it is dropped, Tap sends the
   * event again.
   */
  private static final int GENERATION = 32_768;

  private final Channel channel;
  private final AtomicLong begun = new AtomicLong();
  private volatile Queue<Ack> newer = new ConcurrentLinkedQueue<>();

  // Used by the receiving thread only.
  private Queue<Ack> older = new ConcurrentLinkedQueue<>();

  /**
   * The number of acks begun when the older generation ended. Once Tap has confirmed as many, the
   * older generation is confirmed.
   */
  private long olderEnd;

  /** Creates the sender of a channel's acks. */
  public AckSender(Channel channel) {
    this.channel = channel;
  }

  /** Passes an ack to the channel, as one message. */
  public void send(Ack ack) {
    begun.incrementAndGet();
    channel.send(message(ack.id()));
    // The field is read after the channel took the ack: if a new generation has begun by then, the
    // ack belongs to it.
    newer.add(ack);
  }

  private static byte[] message(long id) {
    // Tap accepts an id in this form only, and closes the connection on any other.
    return ("{\"type\":\"ack\",\"id\":" + Long.toUnsignedString(id) + '}')
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Drops the acks that the channel reports as read by Tap. Called by the receiving thread. */
  public void dropConfirmed() {
    boolean olderRead = channel.confirmed() >= olderEnd;
    long later = begun.get() - olderEnd;
    if (olderRead ? later > 0 || !older.isEmpty() : later >= GENERATION) {
      older = newer;
      newer = new ConcurrentLinkedQueue<>();
      olderEnd = begun.get();
    }
  }

  /** Returns the acks that Tap has not confirmed, the oldest first. */
  List<Ack> unconfirmed() {
    List<Ack> all = new ArrayList<>(older);
    all.addAll(newer);
    return all;
  }

  /** Returns how many of the acks, the last ones, the channel has not written. */
  int unwritten() {
    return channel.unsent();
  }
}
