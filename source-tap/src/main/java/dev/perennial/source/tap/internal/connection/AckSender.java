package dev.perennial.source.tap.internal.connection;

import dev.perennial.port.Channel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A sender of the acks of one channel, which remembers those that Tap has not confirmed. Any thread
 * sends. The receiving thread drops the confirmed ones in two generations, so up to twice as many
 * acks are kept as were sent between two confirmations.
 */
public final class AckSender {

  /**
   * The most acks in one generation, 512 KiB. If an ack beyond it is dropped, Tap sends the event
   * again.
   */
  private static final int GENERATION = 32_768;

  private static final byte[] MESSAGE_START =
      "{\"type\":\"ack\",\"id\":".getBytes(StandardCharsets.US_ASCII);

  /** The most digits of a long: the next power of ten is too large for one. */
  private static final int MOST_DIGITS = 19;

  /** Acks in the order in which they were sent. */
  private static final class Generation {
    private static final int SMALLEST = 16;

    private long[] connections;
    private long[] ids;
    private int size;

    Generation(int expected) {
      connections = new long[Math.max(SMALLEST, expected)];
      ids = new long[connections.length];
    }

    void add(long connection, long id) {
      if (size == ids.length) {
        connections = Arrays.copyOf(connections, 2 * size);
        ids = Arrays.copyOf(ids, 2 * size);
      }
      connections[size] = connection;
      ids[size] = id;
      size++;
    }

    void addTo(List<Ack> acks) {
      for (int i = 0; i < size; i++) {
        acks.add(new Ack(connections[i], ids[i]));
      }
    }
  }

  private final Channel channel;

  // Guarded by this; the receiving thread also reads them without the lock, because no other thread
  // replaces a generation.
  private Generation newer = new Generation(0);
  private Generation older = new Generation(0);
  private long sent;

  /**
   * The number of acks sent when the older generation ended. Once Tap has confirmed as many, the
   * older generation is confirmed. Used by the receiving thread only.
   */
  private long olderEnd;

  /** Creates the sender of a channel's acks. */
  public AckSender(Channel channel) {
    this.channel = channel;
  }

  /**
   * Passes an ack to the channel, as one message.
   *
   * @param connection the number of the connection that the event came on
   */
  public void send(long connection, long id) {
    byte[] message = message(id);
    // The lock makes the order here that of the channel, which never blocks.
    synchronized (this) {
      channel.send(message);
      newer.add(connection, id);
      sent++;
    }
  }

  /** Tap accepts an id in this form only, and closes the connection on any other. */
  private static byte[] message(long id) {
    // All but the last digit are a number that is not negative, which is faster to write.
    long rest = Long.divideUnsigned(id, 10);
    int at = MESSAGE_START.length + digits(rest);
    byte[] message = Arrays.copyOf(MESSAGE_START, at + 2);
    message[at + 1] = '}';
    message[at] = (byte) ('0' + (id - 10 * rest));
    while (rest > 0) {
      at--;
      message[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return message;
  }

  /** Returns the number of decimal digits of a number; 0 for 0. */
  private static int digits(long number) {
    int digits = 0;
    for (long power = 1; digits < MOST_DIGITS && number >= power; power *= 10) {
      digits++;
    }
    return digits;
  }

  /** Drops the acks that the channel reports as read by Tap. Called by the receiving thread. */
  public void dropConfirmed() {
    boolean olderRead = channel.confirmed() >= olderEnd;
    // Read without the lock: if another thread just sends an ack, the next call is early enough.
    int later = newer.size;
    if (olderRead ? later > 0 || older.size > 0 : later >= GENERATION) {
      synchronized (this) {
        older = newer;
        // Most likely the next one becomes about as large.
        newer = new Generation(older.size + older.size / 8);
        olderEnd = sent;
      }
    }
  }

  /** Returns the acks that Tap has not confirmed, the oldest first. */
  synchronized List<Ack> unconfirmed() {
    List<Ack> all = new ArrayList<>(older.size + newer.size);
    older.addTo(all);
    newer.addTo(all);
    return all;
  }

  /** Returns how many of the acks, the last ones, the channel has not written. */
  int unwritten() {
    return channel.unsent();
  }
}
