package dev.perennial.transport.netty.internal.channel;

import dev.perennial.port.Message;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Lost;
import dev.perennial.port.support.Inbox;
import dev.perennial.transport.netty.internal.frame.CloseCode;
import dev.perennial.transport.netty.internal.frame.ClosePayload;
import dev.perennial.transport.netty.internal.frame.FrameDecoder;
import dev.perennial.transport.netty.internal.frame.MaskKeyGenerator;
import dev.perennial.transport.netty.internal.frame.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The Netty handler of an open channel: decodes what arrives into the inbox, answers pings,
 * performs the closing handshake, and detects that the peer is gone. Used by the event loop only.
 */
final class WebSocketHandler extends ChannelInboundHandlerAdapter
    implements WebSocketFrameDecoder, FrameDecoder.Listener {

  private enum Phase {
    OPEN,
    /** This side sent its close frame first, and waits for the peer's. */
    CLOSING,
    /**
     * Both sides have sent or received a close frame; only the end of the connection is
     * outstanding.
     */
    ENDING,
    ENDED
  }

  /** The time that the peer has to end the connection after its close frame or this side's. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private final Channel socket;
  private final AbortHandler aborter;
  private final Inbox<Message, TransportException> inbox;
  private final OutboundQueue outbound;
  private final FrameDecoder decoder;
  private final PongWriter pongs;
  private final Heartbeat heartbeat;

  private List<Message> arrived = new ArrayList<>();
  private Phase phase = Phase.OPEN;

  WebSocketHandler(
      Channel socket,
      AbortHandler aborter,
      ChannelSettings settings,
      Inbox<Message, TransportException> inbox,
      OutboundQueue outbound,
      MaskKeyGenerator keys) {
    this.socket = socket;
    this.aborter = aborter;
    this.inbox = inbox;
    this.outbound = outbound;
    this.decoder = new FrameDecoder(settings.maxMessageSize(), this);
    this.pongs = new PongWriter(socket, keys);
    this.heartbeat =
        new Heartbeat(
            socket, outbound, settings.pingInterval(), settings.pongTimeout(), this::peerGone);
  }

  /** Pauses or resumes reading, depending on the inbox. */
  void updateReading() {
    if (phase == Phase.OPEN) {
      boolean paused = inbox.isPaused();
      socket.config().setAutoRead(!paused);
      heartbeat.suspend(paused);
    }
  }

  /** Sends a close frame. The connection ends when the peer has answered it. */
  void close(String why) {
    if (phase == Phase.OPEN) {
      phase = Phase.CLOSING;
      heartbeat.stop();
      inbox.fail(new Lost(CloseCode.NORMAL, why, null));
      outbound.finish(ClosePayload.of(CloseCode.NORMAL, ""));
      readOn();
    } else if (phase == Phase.ENDING) {
      closeAfterCloseFrame();
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    heartbeat.start();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf in)) {
      ReferenceCountUtil.release(message);
      return;
    }
    heartbeat.heard();
    try {
      if (phase == Phase.OPEN || phase == Phase.CLOSING) {
        decoder.decode(in);
      }
    } catch (ProtocolViolation violation) {
      violated(violation);
    } finally {
      in.release();
    }
    handOver();
    pongs.flush();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (socket.isWritable()) {
      pongs.flush();
      outbound.drain();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ended("the connection ended without a close frame", null);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    ended("the connection ended without a close frame", null);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Throwable error = NettyErrors.unwrapped(cause);
    ended(error instanceof SSLException ? "TLS failed" : "the connection broke", error);
    aborter.abort(socket);
  }

  @Override
  public void onMessage(Message message) {
    if (phase == Phase.OPEN) {
      arrived.add(message);
    }
  }

  @Override
  public void onPing(byte[] payload) {
    if (phase == Phase.OPEN) {
      pongs.answer(payload);
    }
  }

  @Override
  public void onPong(byte[] payload) {
    // The heartbeat has already recorded the data in channelRead.
    outbound.answered(payload);
  }

  @Override
  public void onClose(int code, String reason) {
    if (phase == Phase.OPEN) {
      lose(new Lost(code, reason, null));
      leave(ClosePayload.of(code, ""));
    } else if (phase == Phase.CLOSING) {
      phase = Phase.ENDING;
      closeAfterCloseFrame();
    }
  }

  private void violated(ProtocolViolation violation) {
    if (phase == Phase.OPEN) {
      lose(new Lost(violation.code(), violation.reason(), violation));
      leave(ClosePayload.of(violation.code(), violation.reason()));
    } else {
      aborter.abort(socket);
    }
  }

  private void peerGone(String reason) {
    ended(reason, null);
    aborter.abort(socket);
  }

  private void ended(String reason, @Nullable Throwable cause) {
    if (phase == Phase.OPEN) {
      lose(new Lost(CloseCode.ABNORMAL, reason, cause));
    }
    phase = Phase.ENDED;
    heartbeat.stop();
    pongs.abandon();
    outbound.abandon();
  }

  private void lose(Lost lost) {
    handOver();
    inbox.fail(lost);
  }

  /** Sends a close frame. The connection ends when the peer ends it, at the latest after 1 s. */
  private void leave(byte[] closePayload) {
    phase = Phase.ENDING;
    heartbeat.stop();
    pongs.flush();
    outbound.finish(closePayload);
    readOn();
    socket
        .eventLoop()
        .schedule(() -> aborter.abort(socket), LINGER.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void closeAfterCloseFrame() {
    outbound.finish(ClosePayload.of(CloseCode.NORMAL, "")).addListener(done -> socket.close());
  }

  /** Continues to read, only to detect the end of the connection. */
  private void readOn() {
    socket.config().setAutoRead(true);
  }

  private void handOver() {
    if (!arrived.isEmpty()) {
      inbox.putAll(arrived);
      // A young list: adding to an old one costs the garbage collector's barrier for each message.
      arrived = new ArrayList<>(arrived.size());
    }
  }
}
