package dev.perennial.benchmarks.tap;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import java.net.URI;
import java.util.concurrent.CompletableFuture;

/** Netty's own WebSocket client as its examples show it, with databind and a flush for each ack. */
final class NettyWebSocketHandler extends SimpleChannelInboundHandler<TextWebSocketFrame>
    implements NettyClient.Connection {

  private final URI uri;
  private final int events;
  private final CompletableFuture<Long> done;
  private final Checksum checksum = new Checksum();
  private int handled;

  NettyWebSocketHandler(URI uri, int events, CompletableFuture<Long> done) {
    this.uri = uri;
    this.events = events;
    this.done = done;
  }

  @Override
  public ChannelHandler[] handlers() {
    return new ChannelHandler[] {
      new HttpClientCodec(),
      new HttpObjectAggregator(8192),
      new WebSocketClientProtocolHandler(
          WebSocketClientProtocolConfig.newBuilder().webSocketUri(uri).build()),
      this
    };
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, TextWebSocketFrame frame) {
    TapMessage message = TapMessage.parse(frame.text());
    message.handle(checksum);
    ChannelFuture written = ctx.writeAndFlush(new TextWebSocketFrame(message.ack()));
    if (++handled == events) {
      written.addListener(all -> done.complete(checksum.sum()));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    done.completeExceptionally(cause);
  }
}
