package dev.perennial.transport.netty;

import dev.perennial.port.StreamRuntime;
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

/** Makes a {@link NettyTransport}. Not safe for use by several threads at once. */
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
   * The longest message that is handed out whole; a longer one is reported as {@link
   * dev.perennial.port.Message.TooLarge}. Default: 16 MiB.
   *
   * @param bytes from 1 to 2<sup>30</sup>
   */
  public NettyTransportBuilder maxMessageSize(int bytes) {
    if (bytes < 1 || bytes > MAX_MESSAGE_SIZE) {
      throw new IllegalArgumentException(
          "maxMessageSize must be from 1 to " + MAX_MESSAGE_SIZE + " bytes, but is " + bytes);
    }
    maxMessageSize = bytes;
    return this;
  }

  /**
   * How often the peer is sent a ping. Default: 10 s.
   *
   * @param interval at least a millisecond
   */
  public NettyTransportBuilder pingInterval(Duration interval) {
    pingInterval = atLeastOneMilli("pingInterval", interval);
    return this;
  }

  /**
   * How long after a ping something must have arrived, a pong or anything else, and the ping must
   * have got into the socket; else the channel is lost. Suspended while the channel does not read
   * because its inbox is full. Default: 10 s.
   *
   * @param timeout at least a millisecond
   */
  public NettyTransportBuilder pongTimeout(Duration timeout) {
    pongTimeout = atLeastOneMilli("pongTimeout", timeout);
    return this;
  }

  /**
   * How much a channel reads ahead; when it holds as much as one of these it stops reading until
   * half is taken. The bound is soft: what one read of the socket brought is always taken. Default:
   * 1,024 messages or 8 MiB.
   *
   * @param messages at least 1
   * @param bytes at least 1
   */
  public NettyTransportBuilder inboxLimits(int messages, long bytes) {
    if (messages < 1 || bytes < 1) {
      throw new IllegalArgumentException(
          "inboxLimits must be at least 1, but are "
              + messages
              + " messages and "
              + bytes
              + " bytes");
    }
    inboxMessages = messages;
    inboxBytes = bytes;
    return this;
  }

  /**
   * Whom {@code wss} trusts, instead of the JVM's default. That the certificate is for the host is
   * checked as well.
   */
  public NettyTransportBuilder trust(TrustManagerFactory trustManagers) {
    return tls(TlsClient.of(trustManagers.getTrustManagers()));
  }

  /**
   * Whom {@code wss} trusts, instead of the JVM's default. That the certificate is for the host is
   * checked as well, unless this is an {@link javax.net.ssl.X509ExtendedTrustManager}, which has to
   * do so itself.
   */
  public NettyTransportBuilder trust(X509TrustManager trustManager) {
    return tls(TlsClient.of(new TrustManager[] {Objects.requireNonNull(trustManager)}));
  }

  /**
   * TLS as Netty's own context has it, for client certificates, ciphers or another implementation.
   * That the certificate is for the host is asked for as well; but a plain {@link X509TrustManager}
   * that was given to Netty's builder is never asked for it, so give that to {@link
   * #trust(X509TrustManager)} instead.
   *
   * @param context for clients
   */
  public NettyTransportBuilder sslContext(SslContext context) {
    if (!context.isClient()) {
      throw new IllegalArgumentException("the SslContext is for servers; make one for clients");
    }
    return tls(TlsClient.of(context));
  }

  /**
   * Connects through an HTTP proxy that tunnels with CONNECT, which also looks up the hosts' names.
   * Default: what {@link #proxy} says.
   *
   * @param host a name, or an address
   * @param port from 1 to 65,535
   */
  public NettyTransportBuilder httpProxy(String host, int port) {
    return httpProxy(host, port, null);
  }

  /**
   * Connects through an HTTP proxy that tunnels with CONNECT and wants basic authentication, which
   * goes over the line unencrypted.
   *
   * @param host a name, or an address
   * @param port from 1 to 65,535
   * @param user without a colon
   */
  public NettyTransportBuilder httpProxy(String host, int port, String user, String password) {
    Objects.requireNonNull(password, "password");
    if (user.indexOf(':') >= 0) {
      throw new IllegalArgumentException("a proxy user's name must not contain a colon (RFC 7617)");
    }
    return httpProxy(host, port, new ProxyServer.Credentials(user, password));
  }

  private NettyTransportBuilder httpProxy(
      String host, int port, ProxyServer.@Nullable Credentials credentials) {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("a proxy needs a host");
    }
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException(
          "a proxy's port must be from 1 to " + MAX_PORT + ", but is " + port);
    }
    proxies = ProxyLookup.always(new HttpProxy(host.replaceAll("[\\[\\]]", ""), port, credentials));
    return this;
  }

  /**
   * Asks for the proxy of each target: of its {@code ws} URI as one of {@code http}, and of {@code
   * wss} as one of {@code https}. The first proxy that the selector names is taken, HTTP without
   * credentials or SOCKS 5 with those of {@code java.net.socks.username} and {@code
   * java.net.socks.password}. The last call of this and {@code httpProxy} counts.
   *
   * <p>Default: {@link ProxySelector#getDefault()}, which obeys the JVM's system properties {@code
   * http.proxyHost}, {@code https.proxyHost}, {@code http.nonProxyHosts} and {@code
   * socksProxyHost}, as the JDK's own HTTP client does but for the last one.
   *
   * @param selector {@link java.net.http.HttpClient.Builder#NO_PROXY} for no proxy at all
   */
  public NettyTransportBuilder proxy(ProxySelector selector) {
    Objects.requireNonNull(selector, "selector");
    proxies = ProxyLookup.by(() -> selector);
    return this;
  }

  /**
   * Runs on this group, which stays the caller's to shut down, after the transport was closed.
   * Default: an own one with one daemon thread.
   *
   * @param group one for NIO
   */
  public NettyTransportBuilder eventLoopGroup(EventLoopGroup group) {
    if (!EventLoops.areForNio(group)) {
      throw new IllegalArgumentException(
          "the event loop group is not for NIO; make it with NioIoHandler.newFactory(), or as a"
              + " NioEventLoopGroup with Netty 4.1");
    }
    this.group = group;
    return this;
  }

  /** What time and waiting come from. Default: {@link StreamRuntime#system()}. */
  public NettyTransportBuilder runtime(StreamRuntime runtime) {
    this.runtime = Objects.requireNonNull(runtime, "runtime");
    return this;
  }

  /** For tests: what looks names up. */
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
      throw new IllegalStateException("trust and sslContext may be given once, and not both");
    }
    tls = client;
    return this;
  }

  private static Duration atLeastOneMilli(String option, Duration value) {
    if (value.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(
          option + " must be at least a millisecond, but is " + value);
    }
    return value;
  }
}
