package dev.perennial.transport.netty.internal.address;

import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Unreachable;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Says through which proxy a target is reached, if through any. */
public interface ProxyLookup {

  /**
   * The proxy that leads to a target; empty if it is reached directly.
   *
   * @throws TransportException if that could not be found out
   */
  Optional<ProxyServer> proxyTo(WebSocketUri target) throws TransportException;

  /** One proxy for all. */
  static ProxyLookup always(ProxyServer proxy) {
    return new ProxyLookup() {
      @Override
      public Optional<ProxyServer> proxyTo(WebSocketUri target) {
        return Optional.of(proxy);
      }

      @Override
      public String toString() {
        return " through " + proxy;
      }
    };
  }

  /**
   * The first that a selector names.
   *
   * @param selectors asked each time, since the JVM's default may change; null for none
   */
  static ProxyLookup by(Supplier<@Nullable ProxySelector> selectors) {
    return new ProxyLookup() {
      @Override
      public Optional<ProxyServer> proxyTo(WebSocketUri target) throws TransportException {
        ProxySelector selector = selectors.get();
        if (selector == null) {
          return Optional.empty();
        }
        List<Proxy> proxies;
        try {
          proxies = selector.select(asHttp(target));
        } catch (RuntimeException e) {
          throw new Unreachable("the proxy selector failed, asked for " + target + ": " + e, e);
        }
        return proxies == null || proxies.isEmpty() ? Optional.empty() : server(proxies.get(0));
      }

      @Override
      public String toString() {
        return "";
      }
    };
  }

  /** Selectors know the schemes of HTTP, not those of WebSocket. */
  private static URI asHttp(WebSocketUri target) {
    return URI.create(
        (target.secure() ? "https://" : "http://")
            + WebSocketUri.authority(target.host(), target.port())
            + "/");
  }

  private static Optional<ProxyServer> server(Proxy proxy) {
    if (!(proxy.address() instanceof InetSocketAddress address)) {
      return Optional.empty();
    }
    String host = address.getHostString();
    return Optional.of(
        proxy.type() == Proxy.Type.SOCKS
            ? new Socks5Proxy(host, address.getPort(), socksCredentials())
            : new HttpProxy(host, address.getPort(), null));
  }

  /** From the JDK's system properties for them. */
  private static ProxyServer.@Nullable Credentials socksCredentials() {
    String user = System.getProperty("java.net.socks.username");
    return user == null
        ? null
        : new ProxyServer.Credentials(user, System.getProperty("java.net.socks.password", ""));
  }
}
