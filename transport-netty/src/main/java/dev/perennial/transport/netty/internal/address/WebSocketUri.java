package dev.perennial.transport.netty.internal.address;

import java.net.IDN;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a WebSocket URI names (RFC 6455, section 3). Its {@code toString} leaves out path and query,
 * which may hold credentials.
 *
 * @param host a name in ASCII or an address, without brackets and zone
 * @param zone of a link-local IPv6 address (RFC 6874), or empty. It means something on this machine
 *     only, so it is never sent
 * @param resource path and query, as the request line has them
 */
public record WebSocketUri(boolean secure, String host, String zone, int port, String resource) {

  private static final int HTTP = 80;
  private static final int HTTPS = 443;
  private static final int MAX_PORT = 65_535;

  /**
   * Sharp s, final sigma and the joiners: {@link IDN} maps or drops them (RFC 3490), while newer
   * clients keep them (RFC 5891), so that the name could be another owner's.
   */
  private static final Pattern AMBIGUOUS = Pattern.compile("[\\u00DF\\u1E9E\\u03C2\\u200C\\u200D]");

  /** What a name may consist of once it is in ASCII: RFC 3986, section 3.2.2. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=-]+");

  /**
   * Reads a URI.
   *
   * @throws IllegalArgumentException if it names no WebSocket; the message repeats nothing of it
   *     that may be secret
   */
  public static WebSocketUri of(URI uri) {
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
    int port = port(hasPort ? authority.substring(colon + 1) : "", secure);
    String resource = resource(URI.create(uri.toASCIIString()));
    if (host.startsWith("[") && host.endsWith("]")) {
      String address = host.substring(1, host.length() - 1);
      int percent = address.indexOf('%');
      return percent < 0
          ? new WebSocketUri(secure, address, "", port, resource)
          : new WebSocketUri(
              secure,
              address.substring(0, percent),
              // RFC 6874 writes the percent sign as %25; Java takes it as it is.
              address.substring(percent + 1).replaceFirst("^25(?=.)", ""),
              port,
              resource);
    }
    return new WebSocketUri(secure, ascii(host), "", port, resource);
  }

  /** Names in other scripts as DNS has them (RFC 3490), percent-encoded or not. */
  private static String ascii(String host) {
    String name;
    boolean ambiguous = false;
    try {
      String decoded = URLDecoder.decode(host.replace("+", "%2B"), StandardCharsets.UTF_8);
      ambiguous = AMBIGUOUS.matcher(decoded).find();
      name = IDN.toASCII(decoded);
    } catch (IllegalArgumentException e) {
      name = "";
    }
    if (ambiguous) {
      throw new IllegalArgumentException(
          "the host of a WebSocket's URI has a letter that not all clients write alike in ASCII;"
              + " give the name in ASCII (xn--)");
    }
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("a WebSocket's URI needs a host that DNS can have");
    }
    return name;
  }

  /** What is looked up to connect: the host, with its zone. */
  public String lookupName() {
    return zone.isEmpty() ? host : host + '%' + zone;
  }

  /** The value of the {@code Host} header. */
  public String authority() {
    return port == (secure ? HTTPS : HTTP) ? bracketed(host) : authority(host, port);
  }

  /** A host and its port as URIs have them. */
  public static String authority(String host, int port) {
    return bracketed(host) + ':' + port;
  }

  private static String bracketed(String host) {
    return host.indexOf(':') >= 0 ? '[' + host + ']' : host;
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
