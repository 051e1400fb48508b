package dev.perennial.transport.netty;

import dev.perennial.port.StreamRuntime;
import dev.perennial.port.support.LogText;
import dev.perennial.transport.netty.internal.address.HostLookup;
import dev.perennial.transport.netty.internal.address.HttpProxy;
import dev.perennial.transport.netty.internal.address.ProxyLookup;
import dev.perennial.transport.netty.internal.address.ProxyServer;
import dev.perennial.transport.netty.internal.channel.ChannelSettings;
import dev.perennial.transport.netty.internal.open.EventLoops;
import dev.perennial.transport.netty.internal.open.NettyVersion;
import dev.perennial.transport.netty.internal.open.TlsClient;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.ProxySelector;
import java.time.Duration;
import java.util.Objects;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The builder of a {@link NettyTransport}. Not safe for use from several threads. */
public final class NettyTransportBuilder {

  private static final int MAX_PORT = 65_535;
  private static final int MAX_MESSAGE_SIZE = 1 << 30;

  private int maxMessageSize = 16 << 20;
  private Duration pingInterval = Duration.ofSeconds(10);
  private Duration pongTimeout = Duration.ofSeconds(10);
  private int inboxMessages = 1024;
  private long inboxBytes = 8 << 20;
  private StreamRuntime runtime = StreamRuntime.system();
  private @Nullable TlsClient tls;
  private ProxyLookup proxies = ProxyLookup.by(ProxySelector::getDefault);
  private @Nullable EventLoopGroup group;
  private HostLookup.Resolver resolver = InetAddress::getAllByName;

  /**
   * Begins with all defaults.
   *
   * @throws IllegalStateException if Netty is too old
   */
  NettyTransportBuilder() {
    NettyVersion.require();
  }

  /**
   * Sets the size of the longest message that is delivered whole; a longer one is reported as
   * {@link dev.perennial.port.Message.TooLarge}. Default: 16 MiB.
   *
   * @param bytes from 1 to 2<sup>30</sup>
   */
  public NettyTransportBuilder maxMessageSize(int bytes) {
    if (bytes < 1 || bytes > MAX_MESSAGE_SIZE) {
      throw new IllegalArgumentException(
          "Cannot set maxMessageSize to "
              + bytes
              + ": it is not from 1 to "
              + MAX_MESSAGE_SIZE
              + " bytes. Give a size in that range.");
    }
    maxMessageSize = bytes;
    return this;
  }

  /**
   * Sets the time between two pings to the peer. Default: 10 s.
   *
   * @param interval at least 1 ms
   */
  public NettyTransportBuilder pingInterval(Duration interval) {
    pingInterval = atLeastOneMilli("pingInterval", interval);
    return this;
  }

  /**
   * Sets the time after a ping within which a pong or anything else must arrive, and the socket
   * must take the ping; otherwise the channel is lost. It is suspended while the channel does not
   * read because its inbox is full. Default: 10 s.
   *
   * @param timeout at least 1 ms
   */
  public NettyTransportBuilder pongTimeout(Duration timeout) {
    pongTimeout = atLeastOneMilli("pongTimeout", timeout);
    return this;
  }

  /**
   * Sets how much a channel reads ahead. When its inbox holds as much as one of the limits, it
   * stops reading until half is taken. All that one read of the socket brought is accepted, even
   * over the limit. Default: 1,024 messages and 8 MiB.
   *
   * @param messages at least 1
   * @param bytes at least 1
   */
  public NettyTransportBuilder inboxLimits(int messages, long bytes) {
    if (messages < 1 || bytes < 1) {
      throw new IllegalArgumentException(
          "Cannot set inboxLimits to "
              + messages
              + " messages and "
              + bytes
              + " bytes: both must be at least 1. Give higher limits.");
    }
    inboxMessages = messages;
    inboxBytes = bytes;
    return this;
  }

  /**
   * Sets the certificates that {@code wss} trusts, instead of the JVM's default. The transport also
   * checks that a certificate is for the host.
   */
  public NettyTransportBuilder trust(TrustManagerFactory trustManagers) {
    return tls(TlsClient.of(trustManagers.getTrustManagers()));
  }

  /**
   * Sets the certificates that {@code wss} trusts, instead of the JVM's default. The transport also
   * checks that a certificate is for the host, except with a {@link
   * javax.net.ssl.X509ExtendedTrustManager}, which must check that itself.
   */
  public NettyTransportBuilder trust(X509TrustManager trustManager) {
    return tls(TlsClient.of(new TrustManager[] {Objects.requireNonNull(trustManager)}));
  }

  /**
   * Sets Netty's TLS context, for client certificates, ciphers or another implementation. The
   * transport also has the host of the certificate checked. Netty skips this check for a plain
   * {@link X509TrustManager} given to its own builder, so give that to {@link
   * #trust(X509TrustManager)} instead.
   *
   * @param context a context for clients
   */
  public NettyTransportBuilder sslContext(SslContext context) {
    if (!context.isClient()) {
      throw new IllegalArgumentException(
          "Cannot use the SslContext: it is for servers. Make one with"
              + " SslContextBuilder.forClient().");
    }
    return tls(TlsClient.of(context));
  }

  /**
   * Connects through an HTTP proxy that tunnels with CONNECT and looks up the hosts' names.
   * Default: see {@link #proxy}.
   *
   * @param host a name or an address
   * @param port from 1 to 65,535
   */
  public NettyTransportBuilder httpProxy(String host, int port) {
    return httpProxy(host, port, null);
  }

  /**
   * Connects through an HTTP proxy that tunnels with CONNECT and requires basic authentication,
   * which is sent unencrypted.
   *
   * @param host a name or an address
   * @param port from 1 to 65,535
   * @param user without a colon
   */
  public NettyTransportBuilder httpProxy(String host, int port, String user, String password) {
    Objects.requireNonNull(password, "password");
    if (user.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "Cannot use the user of the proxy: RFC 7617 does not allow a colon in the name. Give a name"
              + " without one.");
    }
    return httpProxy(host, port, new ProxyServer.Credentials(user, password));
  }

  private NettyTransportBuilder httpProxy(
      String host, int port, ProxyServer.@Nullable Credentials credentials) {
    if (host.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot use the proxy: its host is empty. Give a name or an address.");
    }
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException(
          "Cannot use the proxy: its port is " + port + ". Give one from 1 to " + MAX_PORT + ".");
    }
    proxies = ProxyLookup.always(new HttpProxy(host.replaceAll("[\\[\\]]", ""), port, credentials));
    return this;
  }

  /**
   * Sets the selector of the proxy for each URI. It is asked for {@code http} instead of {@code
   * ws}, and for {@code https} instead of {@code wss}. The first proxy that it returns is used:
   * HTTP without credentials, or SOCKS 5 with those of {@code java.net.socks.username} and {@code
   * java.net.socks.password}. The last call of this method or {@code httpProxy} counts.
   *
   * <p>Default: {@link ProxySelector#getDefault()}, which follows the JVM's system properties
   * {@code http.proxyHost}, {@code https.proxyHost}, {@code http.nonProxyHosts} and {@code
   * socksProxyHost}. The JDK's own HTTP client follows them too, except for the last one.
   *
   * @param selector the selector; {@link java.net.http.HttpClient.Builder#NO_PROXY} for no proxy
   */
  public NettyTransportBuilder proxy(ProxySelector selector) {
    Objects.requireNonNull(selector, "selector");
    proxies = ProxyLookup.by(() -> selector);
    return this;
  }

  /**
   * Sets the event loop group. The caller shuts it down after it has closed the transport. Default:
   * a group of the transport's own with one daemon thread.
   *
   * @param group a group for NIO
   */
  public NettyTransportBuilder eventLoopGroup(EventLoopGroup group) {
    if (!EventLoops.areForNio(group)) {
      throw new IllegalArgumentException(
          "Cannot use the event loop group: it is not for NIO. Make it with"
              + " NioIoHandler.newFactory(), or with Netty 4.1 as a NioEventLoopGroup.");
    }
    this.group = group;
    return this;
  }

  /** Sets the runtime for time and waiting. Default: {@link StreamRuntime#system()}. */
  public NettyTransportBuilder runtime(StreamRuntime runtime) {
    this.runtime = Objects.requireNonNull(runtime, "runtime");
    return this;
  }

  /** Sets the resolver of host names. For tests. */
  NettyTransportBuilder resolver(HostLookup.Resolver resolver) {
    this.resolver = resolver;
    return this;
  }

  /** Makes the transport. */
  public NettyTransport build() {
    ChannelSettings settings =
        new ChannelSettings(
            maxMessageSize, pingInterval, pongTimeout, inboxMessages, inboxBytes, runtime);
    return new NettyTransport(settings, new HostLookup(resolver, runtime), tls, proxies, group);
  }

  private NettyTransportBuilder tls(TlsClient client) {
    if (tls != null) {
      throw new IllegalStateException(
          "Cannot set TLS twice: trust() or sslContext() was called before. Call one of them once, not"
              + " both.");
    }
    tls = client;
    return this;
  }

  private static Duration atLeastOneMilli(String option, Duration value) {
    if (value.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(
          "Cannot set "
              + option
              + " to "
              + LogText.duration(value)
              + ": it must be at least 1 ms. Give a longer duration.");
    }
    return value;
  }
}
