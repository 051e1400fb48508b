package dev.perennial.port;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A live channel of a transport, which carries messages.
 *
 * <p>One thread at a time calls {@code receive}, and never during {@code close}. Any thread may
 * call {@code send}, {@code unsent}, {@code confirmed} and {@code wakeUp} at any time, also after
 * {@code close}.
 */
public interface Channel {

  /**
   * Returns the next message. Returns all that arrived before the channel was lost, then throws.
   *
   * @param timeout how long to wait; {@link Duration#ZERO} returns at once
   * @return the message, or null if there is none now, which may be before the timeout is over
   * @throws TransportException if the channel is lost
   * @throws InterruptedException if the thread was interrupted while it waited; the channel stays
   *     usable
   */
  @Nullable Message receive(Duration timeout) throws TransportException, InterruptedException;

  /** Ends a {@code receive} that is blocked in another thread. Never blocks. */
  void wakeUp();

  /**
   * Sends a text message. Never blocks and never throws: what cannot be written counts as {@link
   * #unsent}.
   *
   * @param utf8Text the text in UTF-8, which the caller leaves unchanged from then on
   */
  void send(byte[] utf8Text);

  /** Returns how many messages were passed to {@link #send} and not yet written to the socket. */
  int unsent();

  /**
   * How many of the messages given to {@link #send}, counted from the first, the peer has read for
   * certain: it has answered a ping that was sent after them. Never more than it has read; always 0
   * if the transport does not know.
   */
  long confirmed();

  /**
   * Closes the channel in order: writes what was passed to {@link #send}, sends a close frame, and
   * waits for that of the peer.
   *
   * @param flush how long that may take in all; then the socket is closed regardless
   * @throws InterruptedException if the thread was interrupted while it waited; the socket is
   *     closed nevertheless
   */
  void close(Duration flush) throws InterruptedException;
}
