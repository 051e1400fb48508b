package dev.perennial.transport.netty.internal.open;

import dev.perennial.transport.netty.internal.address.WebSocketUri;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshaker13;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import java.net.URI;
import java.util.function.Supplier;

/** Netty's handshake with our frames behind it. */
final class ClientHandshaker extends WebSocketClientHandshaker13 {

  private final boolean hasOrigin;
  private final Supplier<WebSocketFrameDecoder> decoder;

  /**
   * @param headers the request's, {@code Host} included
   * @param decoder takes over the connection once the server has agreed
   */
  ClientHandshaker(
      WebSocketUri target, HttpHeaders headers, Supplier<WebSocketFrameDecoder> decoder) {
    // Of the URI, only path and query are used, since the Host header is given; a host that is
    // legal in URIs but not in
    // java.net.URI, such as one with an underscore, never gets there.
    super(
        URI.create("ws://host" + target.resource()),
        WebSocketVersion.V13,
        null,
        false,
        headers,
        Integer.MAX_VALUE);
    this.hasOrigin = headers.contains(HttpHeaderNames.ORIGIN);
    this.decoder = decoder;
  }

  @Override
  protected FullHttpRequest newHandshakeRequest() {
    FullHttpRequest request = super.newHandshakeRequest();
    if (!hasOrigin) {
      // It is for browsers (RFC 6455, section 4.1), and Netty makes it up.
      request.headers().remove(HttpHeaderNames.ORIGIN);
    }
    return request;
  }

  @Override
  protected WebSocketFrameDecoder newWebsocketDecoder() {
    return decoder.get();
  }

  @Override
  protected WebSocketFrameEncoder newWebSocketEncoder() {
    return new PassThrough();
  }

  /** Stands where Netty wants an encoder; what we write is frames already. */
  static final class PassThrough extends ChannelOutboundHandlerAdapter
      implements WebSocketFrameEncoder {}
}
