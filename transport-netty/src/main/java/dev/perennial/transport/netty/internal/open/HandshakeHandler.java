package dev.perennial.transport.netty.internal.open;

import dev.perennial.transport.netty.internal.channel.WebSocketChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.WebSocketHandshakeException;
import io.netty.handler.proxy.ProxyConnectionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The handler of the WebSocket handshake: sends the request and reads the answer. Used by the event
 * loop only.
 */
final class HandshakeHandler extends ChannelInboundHandlerAdapter {

  /** The most bytes of a refusal's body that are kept. */
  private static final int MAX_BODY = 4096;

  /** The longest wait for a refusal's body after its headers; what has arrived then is enough. */
  private static final Duration BODY_TIMEOUT = Duration.ofSeconds(1);

  private final OpenAttempt attempt;
  private final WebSocketChannel channel;
  private final ClientHandshaker handshaker;

  private @Nullable HttpResponse answer;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private boolean over;

  HandshakeHandler(OpenAttempt attempt, WebSocketChannel channel, ClientHandshaker handshaker) {
    this.attempt = attempt;
    this.channel = channel;
    this.handshaker = handshaker;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    handshaker
        .handshake(ctx.channel())
        .addListener(written -> {
          if (!written.isSuccess()) {
            fail(written.cause());
          }
        });
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (!over && message instanceof HttpResponse response) {
        begin(ctx, response);
      }
      if (!over && message instanceof HttpContent content) {
        collect(ctx, content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (answer != null && !over) {
      conclude(ctx, answer);
    }
    fail(null);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent tls) {
      if (tls.isSuccess()) {
        attempt.secured();
      } else {
        fail(tls.cause());
      }
    } else if (event instanceof ProxyConnectionEvent) {
      attempt.tunnelled();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(cause);
  }

  private void begin(ChannelHandlerContext ctx, HttpResponse response) {
    if (response.decoderResult().isFailure()) {
      over = true;
      attempt.fail(OpenFailures.ofAnswer(attempt, response.decoderResult().cause()));
    } else if (isInterim(response.status())) {
      answer = null;
    } else {
      answer = response;
      ctx.executor()
          .schedule(
              () -> {
                if (!over) {
                  conclude(ctx, response);
                }
              },
              BODY_TIMEOUT.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  private void collect(ChannelHandlerContext ctx, HttpContent content) {
    if (answer == null) {
      return;
    }
    ByteBuf bytes = content.content();
    byte[] piece = new byte[Math.min(bytes.readableBytes(), MAX_BODY - body.size())];
    bytes.readBytes(piece);
    body.writeBytes(piece);
    if (content instanceof LastHttpContent || body.size() == MAX_BODY) {
      conclude(ctx, answer);
    }
  }

  private void conclude(ChannelHandlerContext ctx, HttpResponse response) {
    over = true;
    int status = response.status().code();
    if (status != HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
      attempt.fail(OpenFailures.ofRefusal(attempt, response, body.toByteArray()));
      return;
    }
    try {
      upgrade(ctx, response);
    } catch (WebSocketHandshakeException e) {
      attempt.fail(OpenFailures.ofInvalidAgreement(attempt, response, body.toByteArray(), e));
    }
  }

  /**
   * Lets Netty check the answer. If it is valid, the pipeline then has the channel's handler in
   * place of this one.
   */
  private void upgrade(ChannelHandlerContext ctx, HttpResponse response) {
    // The client offered no extension, so the server must not choose one: RFC 6455, section 4.1.
    String extensions = response.headers().get(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS);
    if (extensions != null) {
      throw new WebSocketHandshakeException(
          "it chose extensions that were not offered: " + extensions);
    }
    FullHttpResponse full =
        new DefaultFullHttpResponse(
            response.protocolVersion(),
            response.status(),
            Unpooled.EMPTY_BUFFER,
            response.headers(),
            new DefaultHttpHeaders());
    handshaker.finishHandshake(ctx.channel(), full);
    if (ctx.pipeline().get(ClientHandshaker.NoOpEncoder.class) != null) {
      ctx.pipeline().remove(ClientHandshaker.NoOpEncoder.class);
    }
    ctx.pipeline().remove(this);
    attempt.succeed(channel);
  }

  private void fail(@Nullable Throwable cause) {
    if (!over) {
      over = true;
      attempt.fail(OpenFailures.of(attempt, cause));
    }
  }

  /** Returns whether a status comes before the answer, such as 103. */
  private static boolean isInterim(HttpResponseStatus status) {
    return status.codeClass() == HttpStatusClass.INFORMATIONAL
        && status.code() != HttpResponseStatus.SWITCHING_PROTOCOLS.code();
  }
}
