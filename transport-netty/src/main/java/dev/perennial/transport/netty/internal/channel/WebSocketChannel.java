package dev.perennial.transport.netty.internal.channel;

import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Lost;
import dev.perennial.port.support.Inbox;
import dev.perennial.transport.netty.internal.frame.CloseCode;
import dev.perennial.transport.netty.internal.frame.MaskKeyGenerator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An open channel as the application's threads use it. Safe for use from any thread. */
public final class WebSocketChannel implements Channel {

  /**
   * The longest wait for the event loop to close a socket at once. If it takes longer, the loop is
   * blocked.
   */
  private static final Duration ABORT = Duration.ofSeconds(1);

  private final io.netty.channel.Channel socket;
  private final EventLoop loop;
  private final AbortHandler aborter;
  private final StreamRuntime.Signal ended;
  private final Inbox<Message, TransportException> inbox;
  private final OutboundQueue outbound;
  private final WebSocketHandler handler;

  /** Null once it has run. Used by the receiving thread only, after the channel was opened. */
  private @Nullable Runnable firstMessage;

  public WebSocketChannel(
      io.netty.channel.Channel socket, AbortHandler aborter, ChannelSettings settings) {
    this.socket = socket;
    this.loop = socket.eventLoop();
    this.aborter = aborter;
    StreamRuntime runtime = settings.runtime();
    MaskKeyGenerator keys = new MaskKeyGenerator();
    ended = runtime.newSignal();
    inbox =
        new Inbox<>(
            settings.inboxMessages(),
            settings.inboxBytes(),
            WebSocketChannel::weight,
            this::pauseChanged,
            runtime);
    outbound = new OutboundQueue(socket, keys, runtime);
    handler = new WebSocketHandler(socket, aborter, settings, inbox, outbound, keys);
    socket.closeFuture().addListener(done -> ended.raise());
  }

  /** Returns the decoder of the connection after the handshake. */
  public WebSocketFrameDecoder handler() {
    return handler;
  }

  /** Sets a task that runs when the first message is received. Call it before the first receive. */
  public void onFirstMessage(Runnable task) {
    firstMessage = task;
  }

  @Override
  public @Nullable Message receive(Duration timeout)
      throws TransportException, InterruptedException {
    Message message = next(timeout);
    Runnable task = firstMessage;
    if (message != null && task != null) {
      firstMessage = null;
      task.run();
    }
    return message;
  }

  private @Nullable Message next(Duration timeout) throws TransportException, InterruptedException {
    Message message = inbox.poll(Duration.ZERO);
    if (message != null) {
      return message;
    }
    if (loop.isShutdown()) {
      // A loop that shuts down may close its sockets without a report.
      inbox.fail(new Lost(CloseCode.ABNORMAL, "the event loop group has been shut down", null));
    }
    outbound.receiverWaits();
    try {
      return timeout.isZero() ? null : inbox.poll(timeout);
    } finally {
      outbound.receiverWorks();
    }
  }

  @Override
  public void wakeUp() {
    inbox.wakeUp();
  }

  @Override
  public void send(byte[] utf8Text) {
    outbound.send(utf8Text);
  }

  @Override
  public int unsent() {
    return outbound.unsent();
  }

  @Override
  public long confirmed() {
    return outbound.confirmed();
  }

  @Override
  public void close(Duration flush) throws InterruptedException {
    beginClose("this side closed the channel");
    if (loop.inEventLoop()) {
      // Waiting here would block the loop that has to close the channel.
      loop.schedule(this::abort, TimeUnit.NANOSECONDS.convert(flush), TimeUnit.NANOSECONDS);
      return;
    }
    try {
      if (awaitEnd(flush)) {
        return;
      }
    } finally {
      abort();
    }
    awaitEnd(ABORT);
  }

  /** Adds a task that runs when the channel has ended. */
  public void onEnd(Runnable task) {
    socket.closeFuture().addListener(done -> task.run());
  }

  /** Begins to close the channel: sends a close frame. Any thread may call it. */
  public void beginClose(String why) {
    execute(() -> handler.close(why));
  }

  /** Waits for the end of the channel, and returns whether it came within the timeout. */
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return ended.await(() -> socket.closeFuture().isDone(), timeout);
  }

  /** Closes the socket at once. Does not wait. Any thread may call it. */
  public void abort() {
    aborter.abort(socket);
  }

  @Override
  public String toString() {
    return "WebSocketChannel[" + (socket.isActive() ? "open" : "ended") + "]";
  }

  private void pauseChanged() {
    execute(handler::updateReading);
  }

  private void execute(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return;
    }
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The event loop has ended, and this channel with it, so there is nothing to do.
    }
  }

  private static long weight(Message message) {
    if (message instanceof Message.Text text) {
      return text.utf8().length;
    }
    if (message instanceof Message.Binary binary) {
      return binary.bytes().length;
    }
    return ((Message.TooLarge) message).head().length;
  }
}
