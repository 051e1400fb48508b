package dev.perennial.transport.netty.internal.open;

import dev.perennial.transport.netty.internal.address.HttpProxy;
import dev.perennial.transport.netty.internal.address.WebSocketUri;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;

/**
 * The handler that requests a tunnel from an HTTP proxy (RFC 9110, section 9.3.6). For the handlers
 * behind it, the connection becomes active when the tunnel is open. Used by the event loop only.
 *
 * <p>Unlike Netty's own handler it skips interim answers, accepts every 2xx status, and keeps the
 * headers of a refusal.
 */
final class TunnelHandler extends ChannelInboundHandlerAdapter {

  private final OpenAttempt attempt;
  private final HttpProxy proxy;
  private final HttpRequestEncoder encoder = new HttpRequestEncoder();
  private final HttpResponseDecoder decoder;
  private boolean over;

  TunnelHandler(OpenAttempt attempt, HttpProxy proxy, HttpDecoderConfig config) {
    this.attempt = attempt;
    this.proxy = proxy;
    this.decoder =
        new HttpResponseDecoder(config) {
          // After the headers of a 2xx answer, all bytes are the server's. Other bodies are
          // ignored.
          @Override
          protected boolean isContentAlwaysEmpty(HttpMessage message) {
            return true;
          }
        };
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    ctx.pipeline().addBefore(ctx.name(), null, encoder).addBefore(ctx.name(), null, decoder);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    String authority = WebSocketUri.authority(attempt.target().host(), attempt.target().port());
    FullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.CONNECT, authority, Unpooled.EMPTY_BUFFER);
    request.headers().set(HttpHeaderNames.HOST, authority);
    proxy
        .authorization()
        .ifPresent(value -> request.headers().set(HttpHeaderNames.PROXY_AUTHORIZATION, value));
    ctx.writeAndFlush(request)
        .addListener(written -> {
          if (!written.isSuccess()) {
            ctx.fireExceptionCaught(written.cause());
          }
        });
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (!over && message instanceof HttpResponse response) {
        answered(ctx, response);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void answered(ChannelHandlerContext ctx, HttpResponse response) {
    if (response.decoderResult().isFailure()) {
      over = true;
      attempt.fail(OpenFailures.ofAnswer(attempt, response.decoderResult().cause()));
    } else if (response.status().codeClass() == HttpStatusClass.SUCCESS) {
      over = true;
      attempt.tunnelled();
      ChannelPipeline pipeline = ctx.pipeline();
      pipeline.remove(encoder);
      ctx.fireChannelActive();
      pipeline.remove(this);
      // Removed last, because it then passes on what the server has sent already.
      pipeline.remove(decoder);
    } else if (response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
      over = true;
      attempt.fail(OpenFailures.ofProxy(attempt, proxy, response));
    }
  }
}
