package dev.perennial.transport.netty.internal.address;

import java.net.IDN;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A parsed WebSocket URI (RFC 6455, section 3). Its {@code toString} leaves out path and query,
 * which may contain credentials.
 *
 * @param host a name in ASCII or an address, without brackets and zone
 * @param zone the zone of a link-local IPv6 address (RFC 6874), or empty. It is meaningful only on
 *     this machine, so it is never sent
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

  /** The characters of a host name in ASCII: RFC 3986, section 3.2.2. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=-]+");

  /**
   * Parses a URI.
   *
   * @throws IllegalArgumentException if it is not a WebSocket URI; the message quotes no part of
   *     it, because any part may be secret
   */
  public static WebSocketUri of(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String authority = uri.getRawAuthority();
    boolean secure = scheme.equals("wss");
    if (!(secure || scheme.equals("ws")) || authority == null) {
      throw invalid(
          "it does not begin with ws:// or wss:// and a host",
          "Give one such as ws://host:1234/path");
    }
    if (authority.indexOf('@') >= 0) {
      throw invalid("it contains a user or password", "Give credentials as a header");
    }
    if (uri.getRawFragment() != null) {
      throw invalid("it contains a fragment", "Write # as %23 if it is meant");
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

  /** Converts a name in any script, percent-encoded or not, to the form of DNS (RFC 3490). */
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
      throw invalid(
          "its host has a letter that not all clients write alike in ASCII",
          "Give the name in ASCII (xn--)");
    }
    if (!NAME.matcher(name).matches()) {
      throw invalid("its host is not a name that DNS can have", "Correct the host");
    }
    return name;
  }

  /** Returns the name to look up: the host with its zone. */
  public String lookupName() {
    return zone.isEmpty() ? host : host + '%' + zone;
  }

  /** Returns the value of the {@code Host} header. */
  public String authority() {
    return port == (secure ? HTTPS : HTTP) ? bracketed(host) : authority(host, port);
  }

  /** Returns a host and its port as in a URI. */
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

  private static IllegalArgumentException invalid(String why, String whatToDo) {
    return new IllegalArgumentException(
        "Cannot use the WebSocket URI: " + why + ". " + whatToDo + ".");
  }

  private static int port(String text, boolean secure) {
    if (text.isEmpty()) {
      return secure ? HTTPS : HTTP;
    }
    int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (port < 1 || port > MAX_PORT) {
      throw invalid("its port is not from 1 to " + MAX_PORT, "Correct the port");
    }
    return port;
  }

  private static String resource(URI uri) {
    String path = uri.getRawPath();
    String query = uri.getRawQuery();
    return (path == null || path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query);
  }
}
