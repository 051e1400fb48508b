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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Collects what any thread sends, and writes many messages with one buffer and one flush: a system
 * call for each would cost more than all the rest of an acknowledgement.
 *
 * <p>The first message after a pause is written at once. While messages come thick and fast, the
 * ones behind it wait for each other, a millisecond at most, unless the receiving thread has
 * nothing else to do and so will send no more.
 */
final class OutboundQueue {

  /**
   * Messages are put together up to this size, longer ones written in pieces of it. A multiple of
   * four.
   */
  private static final int CHUNK = 64 * 1024;

  /** How many bytes are written in one go before others get their turn. */
  private static final int TURN = 4 * CHUNK;

  private static final int SMALLEST_BUFFER = 512;
  private static final Duration GAP = Duration.ofMillis(1);

  private final Channel socket;
  private final EventLoop loop;
  private final StreamRuntime runtime;
  private final MaskKeyGenerator keys;

  private final Queue<byte[]> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger unsent = new AtomicInteger();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private volatile boolean open = true;
  private volatile boolean receiverWaits;
  private volatile long confirmed;

  // Only the event loop's.
  /** The close frame's payload, which also stands in the queue, recognized by identity. */
  private byte @Nullable [] goodbye;

  private @Nullable ChannelPromise goodbyeWritten;
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

  /** Takes a message from any thread. Never blocks. */
  void send(byte[] text) {
    unsent.incrementAndGet();
    if (!open) {
      return;
    }
    queue.add(text);
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      execute(this::collect);
    }
  }

  /** How many messages were taken and not written to the socket. */
  int unsent() {
    return unsent.get();
  }

  /** How many of the messages, counted from the first, the peer has read for certain. */
  long confirmed() {
    return confirmed;
  }

  /** The receiving thread is about to wait, so that what it sent should go now. */
  void receiverWaits() {
    receiverWaits = true;
    if (!queue.isEmpty()) {
      execute(this::drain);
    }
  }

  void receiverWorks() {
    receiverWaits = false;
  }

  private void execute(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The event loop has ended, and the channel with it: what was sent stays unsent.
      open = false;
    }
  }

  // From here on, only the event loop calls.

  private void collect() {
    long left = GAP.toNanos() - (runtime.nanoTime() - lastFlush);
    if (left > 0 && !receiverWaits && goodbye == null) {
      loop.schedule(this::drain, left, TimeUnit.NANOSECONDS);
    } else {
      drain();
    }
  }

  /** Writes what there is, as far as the socket takes it; called again when it takes more. */
  void drain() {
    // A flush that makes the socket writable again calls back from within itself: the loop below
    // goes on anyway.
    if (draining || !open || !socket.isWritable()) {
      return;
    }
    scheduled.set(false);
    draining = true;
    int written = 0;
    try {
      while (open && written < TURN && socket.isWritable() && !queue.isEmpty()) {
        written += writeSome();
        lastFlush = runtime.nanoTime();
      }
    } finally {
      draining = false;
    }
    if (written >= TURN) {
      // The loop has other channels, and this one has other things to do, such as closing.
      execute(this::drain);
    }
  }

  /** Writes a ping or close frame between two messages; flushed by the caller. */
  ChannelFuture control(int opcode, byte[] payload) {
    ByteBuf out = socket.alloc().ioBuffer(FrameEncoder.MAX_HEADER + payload.length);
    FrameEncoder.frame(out, opcode, payload, keys.next());
    return written(out, 0);
  }

  /** Writes a ping that says how many messages came before it; flushed by the caller. */
  ChannelFuture ping() {
    return control(Opcode.PING, ByteBuffer.allocate(Long.BYTES).putLong(framed).array());
  }

  /** The peer has answered a ping, so it has read every message before it. */
  void answered(byte[] ping) {
    if (ping.length == Long.BYTES) {
      long messages = ByteBuffer.wrap(ping).getLong();
      if (messages > confirmed && messages <= framed) {
        confirmed = messages;
      }
    }
  }

  /** How many writes the socket has taken; tells whether the peer still reads. */
  long writesDone() {
    return writesDone;
  }

  /**
   * Writes what was sent so far, then a close frame; what is sent from then on stays unsent. Only
   * the first call counts.
   *
   * @return done when the close frame was written, or cannot be
   */
  ChannelFuture finish(byte[] closePayload) {
    if (goodbyeWritten == null) {
      goodbyeWritten = socket.newPromise();
      goodbye = closePayload;
      // Its place in the queue is the end of what is written: those who send on cannot put it off.
      queue.add(closePayload);
      drain();
    }
    return goodbyeWritten;
  }

  /** Gives up whatever is not written. */
  void abandon() {
    open = false;
    queue.clear();
    if (goodbyeWritten != null) {
      goodbyeWritten.tryFailure(new IllegalStateException("the channel has ended"));
    }
  }

  private void sayGoodbye(byte[] payload) {
    open = false;
    queue.clear();
    ChannelPromise done = goodbyeWritten;
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
      return 0;
    }
    if (isGoodbye(message)) {
      sayGoodbye(message);
      return 0;
    }
    if (message.length >= CHUNK) {
      writeLong(message);
      return message.length;
    }
    ByteBuf out =
        socket.alloc().ioBuffer(Math.max(estimate, FrameEncoder.MAX_HEADER + message.length));
    int count = 0;
    do {
      FrameEncoder.frame(out, Opcode.TEXT, message, keys.next());
      count++;
      message = out.readableBytes() < CHUNK && isShortMessage(queue.peek()) ? queue.poll() : null;
    } while (message != null);
    int size = out.readableBytes();
    estimate = Math.max(SMALLEST_BUFFER, Math.min(CHUNK, size));
    written(out, count);
    socket.flush();
    return size;
  }

  /** A message with the same bytes is none, so only identity tells. */
  @SuppressWarnings("ReferenceEquality")
  private boolean isGoodbye(byte[] next) {
    return next == goodbye;
  }

  private boolean isShortMessage(byte @Nullable [] next) {
    return next != null && !isGoodbye(next) && next.length < CHUNK;
  }

  /** One frame, but in pieces, so that one can see it getting on; nothing can come between them. */
  private void writeLong(byte[] message) {
    int key = keys.next();
    for (int from = 0; from < message.length; from += CHUNK) {
      int to = Math.min(message.length, from + CHUNK);
      ByteBuf out = socket.alloc().ioBuffer(FrameEncoder.MAX_HEADER + to - from);
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
                    unsent.addAndGet(-messages);
                  }
                });
  }
}
