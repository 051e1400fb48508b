package dev.perennial.transport.netty.internal.channel;

import dev.perennial.port.Inbox;
import dev.perennial.port.Message;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Lost;
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
 * A channel's part in the event loop, from the end of the handshake on: decodes what arrives into
 * the inbox, answers pings, carries out both sides' goodbyes, and finds out that the peer is gone.
 * Used by the event loop only.
 */
final class WebSocketHandler extends ChannelInboundHandlerAdapter
    implements WebSocketFrameDecoder, FrameDecoder.Listener {

  private enum Phase {
    OPEN,
    /** We said goodbye first and wait for the peer's. */
    CLOSING,
    /** Nothing is wanted of the connection any more but its end. */
    ENDING,
    ENDED
  }

  /** How long a peer that said goodbye, or that we told why we leave, has to end the connection. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private final Channel socket;
  private final AbortHandler edge;
  private final Inbox<Message, TransportException> inbox;
  private final OutboundQueue outbound;
  private final FrameDecoder decoder;
  private final PongWriter pongs;
  private final Heartbeat heartbeat;

  private final List<Message> arrived = new ArrayList<>();
  private Phase phase = Phase.OPEN;

  WebSocketHandler(
      Channel socket,
      AbortHandler edge,
      ChannelSettings settings,
      Inbox<Message, TransportException> inbox,
      OutboundQueue outbound,
      MaskKeyGenerator keys) {
    this.socket = socket;
    this.edge = edge;
    this.inbox = inbox;
    this.outbound = outbound;
    this.decoder = new FrameDecoder(settings.maxMessageSize(), this);
    this.pongs = new PongWriter(socket, keys);
    this.heartbeat =
        new Heartbeat(
            socket, outbound, settings.pingInterval(), settings.pongTimeout(), this::silent);
  }

  /** Pauses or resumes reading, as the inbox wants it by now. */
  void readAsInboxSays() {
    if (phase == Phase.OPEN) {
      boolean paused = inbox.isPaused();
      socket.config().setAutoRead(!paused);
      heartbeat.suspend(paused);
    }
  }

  /** Our side says goodbye; the connection ends when the peer has said it too. */
  void close(String why) {
    if (phase == Phase.OPEN) {
      phase = Phase.CLOSING;
      heartbeat.stop();
      inbox.fail(new Lost(CloseCode.NORMAL, why, null));
      outbound.finish(ClosePayload.of(CloseCode.NORMAL, ""));
      readOn();
    } else if (phase == Phase.ENDING) {
      closeAfterGoodbye();
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
    edge.abort(socket);
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
    // Whatever arrives was told to the heartbeat already.
    outbound.answered(payload);
  }

  @Override
  public void onClose(int code, String reason) {
    if (phase == Phase.OPEN) {
      lose(new Lost(code, reason, null));
      leave(ClosePayload.of(code, ""));
    } else if (phase == Phase.CLOSING) {
      phase = Phase.ENDING;
      closeAfterGoodbye();
    }
  }

  private void violated(ProtocolViolation violation) {
    if (phase == Phase.OPEN) {
      lose(new Lost(violation.code(), violation.reason(), violation));
      leave(ClosePayload.of(violation.code(), violation.reason()));
    } else {
      edge.abort(socket);
    }
  }

  private void silent(String reason) {
    ended(reason, null);
    edge.abort(socket);
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

  /** Says goodbye; the connection ends when the peer ends it, or a little later. */
  private void leave(byte[] closePayload) {
    phase = Phase.ENDING;
    heartbeat.stop();
    pongs.flush();
    outbound.finish(closePayload);
    readOn();
    socket.eventLoop().schedule(() -> edge.abort(socket), LINGER.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void closeAfterGoodbye() {
    outbound.finish(ClosePayload.of(CloseCode.NORMAL, "")).addListener(done -> socket.close());
  }

  /** Nobody wants what still comes, but only reading finds the end. */
  private void readOn() {
    socket.config().setAutoRead(true);
  }

  private void handOver() {
    inbox.putAll(arrived);
    arrived.clear();
  }
}
