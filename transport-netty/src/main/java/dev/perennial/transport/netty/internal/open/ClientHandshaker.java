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

/** Netty's handshake, followed by the channel's own frames. */
final class ClientHandshaker extends WebSocketClientHandshaker13 {

  private final boolean hasOrigin;
  private final Supplier<WebSocketFrameDecoder> decoder;

  /**
   * Makes a handshake.
   *
   * @param headers the request's headers, {@code Host} included
   * @param decoder supplies the handler of the connection after the handshake
   */
  ClientHandshaker(
      WebSocketUri target, HttpHeaders headers, Supplier<WebSocketFrameDecoder> decoder) {
    // Netty uses only path and query of the URI, because the Host header is given. So the host may
    // have an underscore, which java.net.URI does not allow.
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
      // Netty invents this header, which is for browsers (RFC 6455, section 4.1).
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
    return new NoOpEncoder();
  }

  /** The encoder that Netty requires. It does nothing, because the channel writes frames. */
  static final class NoOpEncoder extends ChannelOutboundHandlerAdapter
      implements WebSocketFrameEncoder {}
}
