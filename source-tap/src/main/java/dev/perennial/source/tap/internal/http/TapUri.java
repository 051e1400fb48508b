package dev.perennial.source.tap.internal.http;

import java.net.IDN;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a Tap is, of which both its event channel and its management API have their addresses.
 * Written with one of the schemes {@code ws}, {@code wss}, {@code http} and {@code https}, or none,
 * which means an unencrypted one and, without a port, Tap's own. A path is a proxy's prefix; the
 * channel's own path may stand at its end.
 */
public final class TapUri {

  private static final int TAP_PORT = 2480;
  private static final int MAX_PORT = 65_535;
  private static final String CHANNEL = "/channel";

  /**
   * Sharp s, final sigma and the joiners: {@link IDN} maps or drops them (RFC 3490), while newer
   * clients keep them (RFC 5891), so that the name could be another owner's.
   */
  private static final Pattern AMBIGUOUS = Pattern.compile("[\\u00DF\\u1E9E\\u03C2\\u200C\\u200D]");

  /** What a name may consist of once it is in ASCII: RFC 3986, section 3.2.2. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=-]+");

  /** Segments of a path that are words, with a number behind them or not. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z._~-]{0,32}[0-9]{0,3}");

  /** Where Tap listens unless told otherwise. */
  public static final TapUri DEFAULT = parse("localhost");

  private final boolean secure;
  private final Authority authority;
  private final String prefix;

  private TapUri(boolean secure, Authority authority, String prefix) {
    this.secure = secure;
    this.authority = authority;
    this.prefix = prefix;
  }

  /**
   * Host and port.
   *
   * @param host in ASCII, an IPv6 address with brackets and without its zone
   * @param zone of an IPv6 address (RFC 6874), or empty
   * @param port with a colon before it, or empty
   */
  private record Authority(String host, String zone, String port) {

    /** With the zone as something else writes it. */
    String withZone(String percent) {
      return zone.isEmpty()
          ? toString()
          : host.substring(0, host.length() - 1) + percent + zone + ']' + port;
    }

    /**
     * As the JDK's HTTP client takes it, which knows no escape and sends the zone as a part of the
     * host. So the zone is left out unless it is needed to get there.
     */
    String forHttpClient() {
      return isLinkLocal() ? withZone("%") : toString();
    }

    private boolean isLinkLocal() {
      try {
        // Looks nothing up, because it is an address.
        return !zone.isEmpty() && InetAddress.getByName(host).isLinkLocalAddress();
      } catch (UnknownHostException e) {
        return false;
      }
    }

    @Override
    public String toString() {
      return host + port;
    }
  }

  /**
   * @throws IllegalArgumentException if that is no address of a Tap
   */
  public static TapUri parse(String text) {
    if (text.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "a Tap's address has no user and password in it; give the password with password()");
    }
    if (text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
      throw new IllegalArgumentException(
          "a Tap's address has no query and no fragment; give what a proxy needs with header()");
    }
    boolean bare = !text.contains("://");
    URI uri;
    try {
      uri = new URI(bare ? "ws://" + text : text);
    } catch (URISyntaxException e) {
      throw invalid(e.getReason());
    }
    Authority given = authority(uri.getAuthority());
    Authority authority =
        bare && given.port.isEmpty()
            ? new Authority(given.host, given.zone, ":" + TAP_PORT)
            : given;
    // Tap takes a double slash for another path, which it does not have.
    String path = uri.getRawPath().replaceAll("/{2,}", "/").replaceAll("/$", "");
    String prefix =
        path.endsWith(CHANNEL) ? path.substring(0, path.length() - CHANNEL.length()) : path;
    return new TapUri(isSecure(uri.getScheme()), authority, prefix);
  }

  private static boolean isSecure(@Nullable String scheme) {
    return switch (String.valueOf(scheme).toLowerCase(Locale.ROOT)) {
      case "ws", "http" -> false;
      case "wss", "https" -> true;
      default -> throw invalid("its scheme is none of ws, wss, http and https");
    };
  }

  /** As a transport reads it. Unlike java.net.URI's host, a name may have an underscore. */
  private static Authority authority(@Nullable String text) {
    if (text == null) {
      throw invalid("it has no host");
    }
    int colon = text.lastIndexOf(':');
    boolean hasPort = colon > text.lastIndexOf(']');
    String host = hasPort ? text.substring(0, colon) : text;
    String port = port(hasPort ? text.substring(colon + 1) : "");
    if (host.startsWith("[")) {
      int percent = host.indexOf('%');
      return percent < 0
          ? new Authority(host, "", port)
          : new Authority(
              host.substring(0, percent) + ']',
              // RFC 6874 writes the percent sign as %25; Java takes it as it is.
              host.substring(percent + 1, host.length() - 1).replaceFirst("^25(?=.)", ""),
              port);
    }
    if (host.indexOf(':') >= 0) {
      throw invalid("an IPv6 address needs brackets");
    }
    if (host.isEmpty()) {
      throw invalid("it has no host");
    }
    if (AMBIGUOUS.matcher(host).find()) {
      throw invalid(
          "its host has a letter that not all clients write alike in ASCII; give the name in ASCII"
              + " (xn--)");
    }
    try {
      host = IDN.toASCII(host);
    } catch (IllegalArgumentException e) {
      host = "";
    }
    if (!NAME.matcher(host).matches()) {
      throw invalid("no host has such a name");
    }
    return new Authority(host, "", port);
  }

  private static String port(String text) {
    if (text.isEmpty()) {
      return "";
    }
    if (!text.matches("[0-9]{1,5}")
        || Integer.parseInt(text) < 1
        || Integer.parseInt(text) > MAX_PORT) {
      throw invalid("its port must be from 1 to " + MAX_PORT);
    }
    return ":" + text;
  }

  /** Quotes nothing of the address, of which any part may be a secret in the wrong place. */
  private static IllegalArgumentException invalid(String why) {
    return new IllegalArgumentException(
        "that is no address of a Tap, such as localhost:2480: " + why);
  }

  /** Where events come from. */
  public URI channel() {
    return URI.create((secure ? "wss://" : "ws://") + authority.withZone("%25") + prefix + CHANNEL);
  }

  /**
   * A path of the management API.
   *
   * @param path with a slash before it, as it is to be sent
   */
  public URI management(String path) {
    return URI.create(
        (secure ? "https://" : "http://") + authority.forHttpClient() + prefix + path);
  }

  /** A path of the management API as it may be shown. */
  public String shown(String path) {
    return (secure ? "https://" : "http://") + authority + shownPrefix() + path;
  }

  /** The event channel's address as it may be shown. */
  public String shownChannel() {
    return this + shownPrefix() + CHANNEL;
  }

  /** A proxy's prefix may hold a secret, so what does not look like words is left out. */
  private String shownPrefix() {
    StringBuilder shown = new StringBuilder();
    for (String segment : prefix.split("/", -1)) {
      if (!segment.isEmpty()) {
        shown.append('/').append(WORD.matcher(segment).matches() ? segment : "…");
      }
    }
    return shown.toString();
  }

  /** Scheme and authority. */
  @Override
  public String toString() {
    return (secure ? "wss://" : "ws://") + authority;
  }
}
