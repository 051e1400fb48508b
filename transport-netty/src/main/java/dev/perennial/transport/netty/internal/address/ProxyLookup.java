package dev.perennial.transport.netty.internal.address;

import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.support.LogText;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A lookup of the proxy for a URI, if there is one. */
public interface ProxyLookup {

  /**
   * Returns the proxy for a URI; empty if it is reached directly.
   *
   * @throws TransportException if the proxy could not be determined
   */
  Optional<ProxyServer> proxyTo(WebSocketUri target) throws TransportException;

  /** Returns a lookup of one proxy for all URIs. */
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
   * Returns a lookup of the first proxy that a selector returns.
   *
   * @param selectors called each time, because the JVM's default may change; returns null for none
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
          throw new Unreachable(
              "Cannot find the proxy for "
                  + target
                  + ": the proxy selector failed ("
                  + LogText.reason(e)
                  + "). Correct the ProxySelector.",
              e);
        }
        return proxies == null || proxies.isEmpty() ? Optional.empty() : server(proxies.get(0));
      }

      @Override
      public String toString() {
        return "";
      }
    };
  }

  /** Returns the URI for selectors, which support only the schemes of HTTP. */
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

  /** Returns the credentials in the JDK's system properties. */
  private static ProxyServer.@Nullable Credentials socksCredentials() {
    String user = System.getProperty("java.net.socks.username");
    return user == null
        ? null
        : new ProxyServer.Credentials(user, System.getProperty("java.net.socks.password", ""));
  }
}
