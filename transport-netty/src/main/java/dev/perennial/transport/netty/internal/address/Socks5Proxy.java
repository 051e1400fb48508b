package dev.perennial.transport.netty.internal.address;

import io.netty.channel.ChannelHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A SOCKS proxy, version 5 (RFC 1928). */
public record Socks5Proxy(String host, int port, @Nullable Credentials credentials)
    implements ProxyServer {

  /** Makes the handler that connects to the proxy in place of the destination. */
  public ChannelHandler newHandler(InetAddress address) {
    InetSocketAddress proxy = new InetSocketAddress(address, port);
    Socks5ProxyHandler handler =
        credentials == null
            ? new Socks5ProxyHandler(proxy)
            : new Socks5ProxyHandler(proxy, credentials.user(), credentials.password());
    // The attempt as a whole has a timeout.
    handler.setConnectTimeoutMillis(0);
    return handler;
  }

  /** Returns the destination: a name, which the proxy looks up, or an address. */
  public static InetSocketAddress destination(WebSocketUri target) {
    InetAddress literal = NetUtil.createInetAddressFromIpAddressString(target.host());
    return literal == null
        ? InetSocketAddress.createUnresolved(target.host(), target.port())
        : new InetSocketAddress(literal, target.port());
  }

  @Override
  public String toString() {
    return "socks5://" + WebSocketUri.authority(host, port);
  }
}
