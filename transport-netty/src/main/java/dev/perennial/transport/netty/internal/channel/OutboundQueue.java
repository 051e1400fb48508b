package dev.perennial.transport.netty.internal.channel;

import dev.perennial.port.StreamRuntime;
import dev.perennial.transport.netty.internal.frame.FrameEncoder;
import dev.perennial.transport.netty.internal.frame.MaskKeyGenerator;
import dev.perennial.transport.netty.internal.frame.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The queue of a channel's outgoing messages. Any thread adds to it; the event loop writes many
 * messages with one buffer and one flush, because a system call for each would cost more than all
 * the rest of an ack.
 *
 * <p>The first message after a pause is written at once. The messages that follow are collected for
 * up to 1 ms, unless the receiving thread waits and so will send no more.
 */
final class OutboundQueue {

  /**
   * The size up to which messages share a buffer, and of the pieces of longer ones, in bytes. A
   * multiple of four, the length of a masking key.
   */
  private static final int CHUNK = 64 * 1024;

  /** The bytes written before the event loop may serve other channels. */
  private static final int TURN = 4 * CHUNK;

  private static final int SMALLEST_BUFFER = 512;

  /** The most messages that a new deque has room for: a backlog is rarely followed by another. */
  private static final int MOST_EXPECTED = 65_536;

  private static final Duration GAP = Duration.ofMillis(1);

  private final Channel socket;
  private final EventLoop loop;
  private final StreamRuntime runtime;
  private final MaskKeyGenerator keys;

  private final Object lock = new Object();

  // Guarded by the lock.
  private ArrayDeque<byte[]> added = new ArrayDeque<>();
  private boolean accepting = true;
  private int unsent;

  private volatile boolean receiverWaits;
  private volatile long confirmed;

  // Used by the event loop only.
  private ArrayDeque<byte[]> queue = new ArrayDeque<>();

  /**
   * The close frame's payload, to be written behind the queue; null if this side does not close.
   */
  private byte @Nullable [] closePayload;

  private @Nullable ChannelPromise closeWritten;
  private boolean open = true;
  private int estimate = SMALLEST_BUFFER;
  private long lastFlush;
  private long writesDone;
  private long framed;
  private boolean draining;

  OutboundQueue(Channel socket, MaskKeyGenerator keys, StreamRuntime runtime) {
    this.socket = socket;
    this.loop = socket.eventLoop();
    this.keys = keys;
    this.runtime = runtime;
    this.lastFlush = runtime.nanoTime() - GAP.toNanos();
  }

  /** Adds a message. Never blocks. Any thread may call it. */
  void send(byte[] text) {
    boolean first;
    synchronized (lock) {
      unsent++;
      first = accepting && added.isEmpty();
      if (accepting) {
        added.add(text);
      }
    }
    if (first) {
      execute(this::collect);
    }
  }

  /** Returns how many messages were added and not written to the socket. */
  int unsent() {
    synchronized (lock) {
      return unsent;
    }
  }

  /** Returns how many of the messages, counted from the first, the peer has certainly read. */
  long confirmed() {
    return confirmed;
  }

  /** Writes all messages now, because the receiving thread is about to wait. */
  void receiverWaits() {
    receiverWaits = true;
    boolean any;
    synchronized (lock) {
      any = !added.isEmpty();
    }
    if (any) {
      execute(this::drain);
    }
  }

  /** Records that the receiving thread no longer waits. */
  void receiverWorks() {
    receiverWaits = false;
  }

  private void execute(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The event loop has ended, and the channel with it: what was sent stays unsent.
      stopAccepting();
    }
  }

  /** Counts all later messages as unsent. */
  private void stopAccepting() {
    synchronized (lock) {
      accepting = false;
    }
  }

  // Called by the event loop only, from here on.

  private void collect() {
    long left = GAP.toNanos() - (runtime.nanoTime() - lastFlush);
    if (left > 0 && !receiverWaits && closePayload == null) {
      loop.schedule(this::drain, left, TimeUnit.NANOSECONDS);
    } else {
      drain();
    }
  }

  /** Writes messages as long as the socket takes them. Called again when it takes more. */
  void drain() {
    // A flush that makes the socket writable calls this method again; the loop below continues
    // anyway.
    if (draining || !open || !socket.isWritable()) {
      return;
    }
    // What is added from now on waits for the next time, so that it is not written singly.
    takeAdded();
    draining = true;
    int written = 0;
    try {
      while (open
          && written < TURN
          && socket.isWritable()
          && (!queue.isEmpty() || closePayload != null)) {
        written += writeSome();
        lastFlush = runtime.nanoTime();
      }
    } finally {
      draining = false;
    }
    if (written >= TURN) {
      // Lets the event loop serve other channels and other tasks of this one, such as closing.
      execute(this::drain);
    }
  }

  /** Moves to the queue what was added so far. */
  private void takeAdded() {
    synchronized (lock) {
      int size = added.size();
      if (size == 0) {
        return;
      }
      // A new one, because a deque never shrinks, and adding to an old one costs the garbage
      // collector's barrier for each message. Most likely the next becomes about as large.
      ArrayDeque<byte[]> empty = new ArrayDeque<>(Math.min(size + size / 8, MOST_EXPECTED));
      if (queue.isEmpty()) {
        queue = added;
      } else {
        queue.addAll(added);
      }
      added = empty;
    }
  }

  /** Writes a ping or close frame between two messages. The caller flushes it. */
  ChannelFuture control(int opcode, byte[] payload) {
    ByteBuf out = socket.alloc().heapBuffer(FrameEncoder.MAX_HEADER + payload.length);
    FrameEncoder.frame(out, opcode, payload, keys.next());
    return written(out, 0);
  }

  /** Writes a ping that contains the number of messages before it. The caller flushes it. */
  ChannelFuture ping() {
    return control(Opcode.PING, ByteBuffer.allocate(Long.BYTES).putLong(framed).array());
  }

  /** Counts the messages before an answered ping as read by the peer. */
  void answered(byte[] ping) {
    if (ping.length == Long.BYTES) {
      long messages = ByteBuffer.wrap(ping).getLong();
      if (messages > confirmed && messages <= framed) {
        confirmed = messages;
      }
    }
  }

  /** Returns how many writes the socket has taken, which shows whether the peer still reads. */
  long writesDone() {
    return writesDone;
  }

  /**
   * Writes the messages added so far, then a close frame. Messages added later stay unsent. Only
   * the first call counts.
   *
   * @return completes when the close frame is written, or cannot be
   */
  ChannelFuture finish(byte[] payload) {
    if (closeWritten == null) {
      closeWritten = socket.newPromise();
      closePayload = payload;
      // Threads that still send must not delay the close frame.
      stopAccepting();
      takeAdded();
      drain();
    }
    return closeWritten;
  }

  /** Drops the messages that are not written. */
  void abandon() {
    open = false;
    stopAccepting();
    takeAdded();
    queue.clear();
    if (closeWritten != null) {
      closeWritten.tryFailure(new IllegalStateException("the channel has ended"));
    }
  }

  private void writeClose(byte[] payload) {
    open = false;
    ChannelPromise done = closeWritten;
    control(Opcode.CLOSE, payload)
        .addListener(future -> {
          if (done != null) {
            done.trySuccess();
          }
        });
    socket.flush();
  }

  private int writeSome() {
    byte[] message = queue.poll();
    if (message == null) {
      writeClose(Objects.requireNonNull(closePayload));
      return 0;
    }
    if (message.length >= CHUNK) {
      writeLong(message);
      return message.length;
    }
    ByteBuf out =
        socket.alloc().heapBuffer(Math.max(estimate, FrameEncoder.MAX_HEADER + message.length));
    int count = 0;
    do {
      FrameEncoder.frame(out, Opcode.TEXT, message, keys.next());
      count++;
      message = out.readableBytes() < CHUNK && isShort(queue.peek()) ? queue.poll() : null;
    } while (message != null);
    int size = out.readableBytes();
    estimate = Math.max(SMALLEST_BUFFER, Math.min(CHUNK, size));
    written(out, count);
    socket.flush();
    return size;
  }

  private static boolean isShort(byte @Nullable [] message) {
    return message != null && message.length < CHUNK;
  }

  /** Writes one frame in pieces, so that the progress of the writes shows that the peer reads. */
  private void writeLong(byte[] message) {
    int key = keys.next();
    for (int from = 0; from < message.length; from += CHUNK) {
      int to = Math.min(message.length, from + CHUNK);
      ByteBuf out = socket.alloc().heapBuffer(FrameEncoder.MAX_HEADER + to - from);
      if (from == 0) {
        FrameEncoder.header(out, Opcode.TEXT, message.length, key);
      }
      FrameEncoder.masked(out, message, from, to, key);
      written(out, to == message.length ? 1 : 0);
    }
    socket.flush();
  }

  private ChannelFuture written(ByteBuf out, int messages) {
    framed += messages;
    return socket
        .write(out)
        .addListener(
            (ChannelFutureListener)
                future -> {
                  if (future.isSuccess()) {
                    writesDone++;
                    sent(messages);
                  }
                });
  }

  private void sent(int messages) {
    synchronized (lock) {
      unsent -= messages;
    }
  }
}
