package dev.perennial.transport.netty.internal.open;

import dev.perennial.port.StreamRuntime;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.transport.netty.internal.address.HttpProxy;
import dev.perennial.transport.netty.internal.address.ProxyServer;
import dev.perennial.transport.netty.internal.address.Socks5Proxy;
import dev.perennial.transport.netty.internal.address.WebSocketUri;
import dev.perennial.transport.netty.internal.channel.AbortHandler;
import dev.perennial.transport.netty.internal.channel.ChannelSettings;
import dev.perennial.transport.netty.internal.channel.WebSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to open a channel to one address: connection, proxy tunnel, TLS and handshake. The
 * opening thread starts it and awaits its outcome, which the event loop reports.
 */
public final class OpenAttempt {

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(64 * 1024, 256 * 1024);

  private static final int MAX_RESPONSE_HEADERS = 64 * 1024;

  private final ChannelSettings settings;
  private final WebSocketUri target;
  private final @Nullable TlsClient tls;
  private final @Nullable ProxyServer proxy;
  private final StreamRuntime.Signal signal;
  private final AbortHandler aborter = new AbortHandler();

  private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

  private volatile @Nullable Channel socket;
  private volatile Stage stage = Stage.CONNECTION;

  /** The stage of an attempt, in the order of progress. */
  public enum Stage {
    CONNECTION("no connection"),
    PROXY_TUNNEL("no answer from the proxy"),
    TLS_HANDSHAKE("no end of the TLS handshake"),
    WEBSOCKET_HANDSHAKE("no answer to the handshake");

    private final String missing;

    Stage(String missing) {
      this.missing = missing;
    }
  }

  private sealed interface Outcome {}

  private record Opened(WebSocketChannel channel) implements Outcome {}

  private record Failed(TransportException cause) implements Outcome {}

  /**
   * Prepares an attempt.
   *
   * @param tls null for {@code ws}
   * @param proxy null for a direct connection
   */
  public OpenAttempt(
      ChannelSettings settings,
      WebSocketUri target,
      @Nullable TlsClient tls,
      @Nullable ProxyServer proxy) {
    this.settings = settings;
    this.target = target;
    this.tls = tls;
    this.proxy = proxy;
    this.signal = settings.runtime().newSignal();
  }

  WebSocketUri target() {
    return target;
  }

  /** Returns the headers of an answer that refuses the channel. */
  Map<String, List<String>> headers(HttpResponse response) {
    return HandshakeHeaders.copy(response.headers(), settings.runtime().now());
  }

  /** Returns the peer that must answer next: the proxy until it has made the tunnel. */
  String peer() {
    boolean tunnelled = stage != Stage.CONNECTION && stage != Stage.PROXY_TUNNEL;
    return proxy != null && !tunnelled ? "the proxy " + proxy : "the server";
  }

  /** Returns what the socket connects to: the proxy, or else the target. */
  String destination() {
    return proxy == null ? target.toString() : "the proxy " + proxy;
  }

  /** Starts the attempt. The opening thread then awaits the outcome. */
  public void start(EventLoopGroup group, InetAddress address, HttpHeaders headers) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .disableResolver()
            .option(ChannelOption.TCP_NODELAY, true)
            // The opening thread applies the timeout.
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
            // If the peer no longer reads, what it sent before must still be delivered.
            .option(ChannelOption.AUTO_CLOSE, false)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel socket) {
                    fill(socket, address, headers);
                  }
                });
    socket =
        bootstrap
            .connect(remote(address))
            .addListener(done -> {
              if (done.isSuccess()) {
                connected();
              } else {
                fail(OpenFailures.of(this, done.cause()));
              }
            })
            .channel();
  }

  private InetSocketAddress remote(InetAddress address) {
    if (proxy instanceof Socks5Proxy) {
      return Socks5Proxy.destination(target);
    }
    return new InetSocketAddress(address, proxy == null ? target.port() : proxy.port());
  }

  private void fill(Channel socket, InetAddress address, HttpHeaders headers) {
    this.socket = socket;
    ChannelPipeline pipeline = socket.pipeline();
    pipeline.addLast(aborter);
    HttpDecoderConfig config = new HttpDecoderConfig().setMaxHeaderSize(MAX_RESPONSE_HEADERS);
    if (proxy instanceof Socks5Proxy socks) {
      pipeline.addLast(socks.newHandler(address));
    } else if (proxy instanceof HttpProxy http) {
      pipeline.addLast(new TunnelHandler(this, http, config));
    }
    if (tls != null) {
      pipeline.addLast(tls.newHandler(socket.alloc(), target, settings.runtime()::execute));
    }
    pipeline.addLast(
        new HttpClientCodec(
            config,
            HttpClientCodec.DEFAULT_PARSE_HTTP_AFTER_CONNECT_REQUEST,
            HttpClientCodec.DEFAULT_FAIL_ON_MISSING_RESPONSE));
    WebSocketChannel channel = new WebSocketChannel(socket, aborter, settings);
    pipeline.addLast(
        new HandshakeHandler(
            this, channel, new ClientHandshaker(target, headers, channel::handler)));
  }

  // Called by the event loop.

  private void connected() {
    // TLS or the proxy may have advanced the stage before this listener is called.
    if (stage == Stage.CONNECTION) {
      if (proxy == null) {
        tunnelled();
      } else {
        stage = Stage.PROXY_TUNNEL;
      }
    }
    signal.raise();
  }

  void tunnelled() {
    if (tls == null) {
      secured();
    } else {
      stage = Stage.TLS_HANDSHAKE;
    }
  }

  void secured() {
    stage = Stage.WEBSOCKET_HANDSHAKE;
  }

  void succeed(WebSocketChannel channel) {
    end(new Opened(channel));
  }

  void fail(TransportException cause) {
    end(new Failed(cause));
    Channel begun = socket;
    if (begun != null) {
      begun.close();
    }
  }

  private void end(Outcome first) {
    if (outcome.compareAndSet(null, first)) {
      signal.raise();
    }
  }

  // Called by the opening thread.

  /** Waits until there is a connection or an outcome, and returns whether there is one in time. */
  public boolean awaitConnected(Duration timeout) throws InterruptedException {
    return signal.await(() -> isConnected() || isDone(), timeout);
  }

  /**
   * Waits for the outcome.
   *
   * @throws TransportException if the channel could not be opened in time
   */
  public WebSocketChannel await(Duration timeout) throws TransportException, InterruptedException {
    signal.await(this::isDone, timeout);
    Outcome reached = outcome.get();
    if (reached instanceof Opened opened) {
      return opened.channel;
    }
    throw reached instanceof Failed failed ? failed.cause : tooLate();
  }

  private boolean isConnected() {
    return stage != Stage.CONNECTION;
  }

  /** Returns the stage that the attempt has reached. */
  public Stage stage() {
    return stage;
  }

  /** Closes the socket, if there is one. Does not wait. Any thread may call it. */
  public void abandon() {
    Channel begun = socket;
    if (begun != null) {
      aborter.abort(begun);
    }
  }

  private boolean isDone() {
    return outcome.get() != null;
  }

  private TransportException tooLate() {
    return new Unreachable(
        "Cannot open a channel to "
            + target
            + ": there was "
            + (stage == Stage.CONNECTION && proxy != null
                ? stage.missing + " to the proxy " + proxy
                : stage.missing)
            + " in time. Check that the server runs there, or raise the connect timeout.",
        null);
  }
}
