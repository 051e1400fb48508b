package dev.perennial.simulators.tap;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Handles a client's HTTP requests: checks the password, upgrades {@code /channel} to a WebSocket,
 * and passes the others to the API.
 */
final class HttpRequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

  private static final int MAX_REQUEST_BYTES = 16 * 1024 * 1024;

  /** From RFC 6455, section 1.3. */
  private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private static final int KEY_BYTES = 16;

  private final ServerProcess process;
  private final ManagementApi api;

  private HttpRequestHandler(ServerProcess process) {
    this.process = process;
    DurableState state = process.state();
    this.api = new ManagementApi(state.repositories(), state.table());
  }

  static void install(ChannelPipeline pipeline, ServerProcess process) {
    pipeline.addLast(
        new HttpServerCodec(),
        new HttpObjectAggregator(MAX_REQUEST_BYTES),
        new HttpRequestHandler(process));
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
    String path = request.uri().split("\\?", 2)[0];
    boolean channel = path.equals("/channel");
    HandshakeFault fault = null;
    if (channel) {
      process.state().observations().handshake(describe(request));
      fault = process.state().handshakeFaults().poll();
    }
    if (fault != null && !(fault instanceof HandshakeFault.AcceptThenClose)) {
      inject(ctx, request, fault);
    } else if (!authorized(request.headers())) {
      respond(ctx, request, unauthorized());
    } else if (!channel) {
      String body = request.content().toString(StandardCharsets.UTF_8);
      String contentType = request.headers().get(HttpHeaderNames.CONTENT_TYPE);
      respond(ctx, request, api.answer(request.method().name(), path, contentType, body));
    } else if (!request.method().name().equals("GET")) {
      respond(
          ctx, request, HttpReply.error(405, "Method Not Allowed").with("Allow", "OPTIONS, GET"));
    } else if (process.state().settings().mode() == DeliveryMode.WEBHOOK) {
      respond(ctx, request, HttpReply.error(400, "websocket not available in webhook mode"));
    } else if (!asksForUpgrade(request.headers())) {
      respond(ctx, request, badUpgrade());
    } else {
      upgrade(ctx, request, fault != null);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  private void inject(ChannelHandlerContext ctx, FullHttpRequest request, HandshakeFault fault) {
    if (fault instanceof HandshakeFault.Respond respond) {
      respond(ctx, request, respond.answer());
    } else if (fault instanceof HandshakeFault.RespondRaw raw) {
      // The bytes need not be HTTP, so they bypass the HTTP encoder.
      ctx.pipeline()
          .firstContext()
          .writeAndFlush(Unpooled.wrappedBuffer(raw.bytes()))
          .addListener(ChannelFutureListener.CLOSE);
    } else if (fault instanceof HandshakeFault.Drop) {
      ctx.close();
    }
  }

  private boolean authorized(HttpHeaders headers) {
    String password = process.state().settings().password();
    if (password == null) {
      return true;
    }
    String given = headers.get(HttpHeaderNames.AUTHORIZATION, "");
    if (!given.regionMatches(true, 0, "Basic ", 0, 6)) {
      return false;
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(given.substring(6));
      byte[] expected = ("admin:" + password).getBytes(StandardCharsets.UTF_8);
      return MessageDigest.isEqual(decoded, expected);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static HttpReply unauthorized() {
    return new HttpReply(
        401,
        Map.of(
            "WWW-Authenticate", "Basic realm=\"admin\", charset=\"UTF-8\"",
            "Content-Type", "application/json"),
        "{\"error\":\"Unauthorized\","
            + "\"message\":\"atproto admin auth required, but missing or incorrect password\"}\n");
  }

  private static HttpReply badUpgrade() {
    return new HttpReply(
        400,
        Map.of(
            "Content-Type", "text/plain; charset=utf-8",
            "Sec-Websocket-Version", "13",
            "X-Content-Type-Options", "nosniff"),
        "Bad Request\n");
  }

  private static boolean asksForUpgrade(HttpHeaders headers) {
    return headers.containsValue(HttpHeaderNames.CONNECTION, "upgrade", true)
        && headers.containsValue(HttpHeaderNames.UPGRADE, "websocket", true)
        && headers.containsValue(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13", true)
        && isKey(headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY));
  }

  private static boolean isKey(@Nullable String key) {
    try {
      return key != null && Base64.getDecoder().decode(key).length == KEY_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private void upgrade(ChannelHandlerContext ctx, FullHttpRequest request, boolean thenClose) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
    String key = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY, "");
    response
        .headers()
        .set(HttpHeaderNames.UPGRADE, "websocket")
        .set(HttpHeaderNames.CONNECTION, "Upgrade")
        .set(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT, accept(key));
    ctx.writeAndFlush(response);
    if (thenClose) {
      ctx.close();
      return;
    }
    ChannelPipeline pipeline = ctx.pipeline();
    pipeline.addLast(new ClientConnection(process));
    pipeline.remove(HttpServerCodec.class);
    pipeline.remove(HttpObjectAggregator.class);
    pipeline.remove(this);
  }

  private static String accept(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest((key + ACCEPT_SUFFIX).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-1, but this one does not.", e);
    }
  }

  private static Handshake describe(FullHttpRequest request) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (String name : request.headers().names()) {
      headers.put(name, List.copyOf(request.headers().getAll(name)));
    }
    return new Handshake(request.uri(), headers);
  }

  private static void respond(
      ChannelHandlerContext ctx, FullHttpRequest request, HttpReply answer) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            Unpooled.copiedBuffer(answer.body(), StandardCharsets.UTF_8));
    answer.headers().forEach((name, value) -> response.headers().set(name, value));
    boolean keepAlive =
        HttpUtil.isKeepAlive(request) && !request.headers().contains(HttpHeaderNames.UPGRADE);
    HttpUtil.setContentLength(response, response.content().readableBytes());
    HttpUtil.setKeepAlive(response, keepAlive);
    ctx.writeAndFlush(response)
        .addListener(
            keepAlive ? ChannelFutureListener.CLOSE_ON_FAILURE : ChannelFutureListener.CLOSE);
  }
}
