package dev.perennial.transport.netty;

import io.netty.handler.proxy.HttpProxyHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** An HTTP proxy that tunnels with CONNECT. Its {@code toString} leaves out the credentials. */
record HttpProxy(String host, int port, @Nullable Credentials credentials) {

  /** For basic authentication (RFC 7617). */
  record Credentials(String user, String password) {

    @Override
    public String toString() {
      return "Credentials[***]";
    }
  }

  HttpProxyHandler newHandler(InetAddress address) {
    InetSocketAddress proxy = new InetSocketAddress(address, port);
    HttpProxyHandler handler =
        credentials == null
            ? new HttpProxyHandler(proxy)
            : new HttpProxyHandler(proxy, credentials.user(), credentials.password());
    // The attempt as a whole has a timeout.
    handler.setConnectTimeoutMillis(0);
    return handler;
  }

  @Override
  public String toString() {
    return "http://" + host + ":" + port;
  }
}
