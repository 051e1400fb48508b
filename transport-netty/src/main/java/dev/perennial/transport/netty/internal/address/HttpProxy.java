package dev.perennial.transport.netty.internal.address;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An HTTP proxy that tunnels with CONNECT. */
public record HttpProxy(String host, int port, @Nullable Credentials credentials)
    implements ProxyServer {

  /**
   * Returns the value of the {@code Proxy-Authorization} header: basic authentication, RFC 7617.
   */
  public Optional<String> authorization() {
    return Optional.ofNullable(credentials)
        .map(given -> (given.user() + ':' + given.password()).getBytes(StandardCharsets.UTF_8))
        .map(bytes -> "Basic " + Base64.getEncoder().encodeToString(bytes));
  }

  @Override
  public String toString() {
    return "http://" + WebSocketUri.authority(host, port);
  }
}
