package dev.perennial.transport.netty;

import java.net.URI;
import java.util.Locale;

/**
 * What a WebSocket URI names (RFC 6455, section 3). Its {@code toString} leaves out path and query,
 * which may hold credentials.
 *
 * @param host a name or an address, without brackets
 * @param resource path and query, as the request line has them
 */
record Target(boolean secure, String host, int port, String resource) {

  private static final int HTTP = 80;
  private static final int HTTPS = 443;
  private static final int MAX_PORT = 65_535;

  /**
   * Reads a URI.
   *
   * @throws IllegalArgumentException if it names no WebSocket; the message repeats nothing of it
   *     that may be secret
   */
  static Target of(URI given) {
    URI uri = URI.create(given.toASCIIString());
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String authority = uri.getRawAuthority();
    boolean secure = scheme.equals("wss");
    if (!(secure || scheme.equals("ws")) || authority == null) {
      throw new IllegalArgumentException(
          "a WebSocket's URI begins with ws:// or wss:// and a host; the given one does not");
    }
    if (authority.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "a WebSocket's URI must not contain a user or password; give credentials as a header");
    }
    if (uri.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "a WebSocket's URI must not contain a fragment; write # as %23 where it is meant");
    }
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']');
    String host = hasPort ? authority.substring(0, colon) : authority;
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isEmpty()) {
      throw new IllegalArgumentException("a WebSocket's URI needs a host");
    }
    String port = hasPort ? authority.substring(colon + 1) : "";
    return new Target(secure, host, port(port, secure), resource(uri));
  }

  /** The value of the {@code Host} header. */
  String authority() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (secure ? HTTPS : HTTP) ? name : name + ":" + port;
  }

  @Override
  public String toString() {
    return (secure ? "wss://" : "ws://") + authority();
  }

  private static int port(String text, boolean secure) {
    if (text.isEmpty()) {
      return secure ? HTTPS : HTTP;
    }
    int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("a WebSocket URI's port must be from 1 to " + MAX_PORT);
    }
    return port;
  }

  private static String resource(URI uri) {
    String path = uri.getRawPath();
    String query = uri.getRawQuery();
    return (path == null || path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query);
  }
}
