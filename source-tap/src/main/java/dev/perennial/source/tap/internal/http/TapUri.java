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
 * The address of a Tap, from which the addresses of its event channel and its admin API are made.
 * It has one of the schemes {@code ws}, {@code wss}, {@code http} and {@code https}, or none, which
 * means unencrypted and, without a port, port 2480. A path is a proxy's prefix; it may end with the
 * channel's own path.
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

  /** The characters of a host name in ASCII: RFC 3986, section 3.2.2. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=-]+");

  /** Path segments that are words, with or without a number at the end. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z._~-]{0,32}[0-9]{0,3}");

  /** The address at which Tap listens by default. */
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
   * The host and port of an address.
   *
   * @param host in ASCII, an IPv6 address with brackets and without its zone
   * @param zone of an IPv6 address (RFC 6874), or empty
   * @param port with a colon before it, or empty
   */
  private record Authority(String host, String zone, String port) {

    /** Returns host and port with the zone after another percent sign. */
    String withZone(String percent) {
      return zone.isEmpty()
          ? toString()
          : host.substring(0, host.length() - 1) + percent + zone + ']' + port;
    }

    /**
     * Returns host and port as the JDK's HTTP client takes them. It knows no escape and sends the
     * zone as a part of the host, so the zone is left out unless it is needed to connect.
     */
    String forHttpClient() {
      return isLinkLocal() ? withZone("%") : toString();
    }

    private boolean isLinkLocal() {
      try {
        // No DNS lookup, because the host is an address.
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
   * Parses an address.
   *
   * @throws IllegalArgumentException if it is not the address of a Tap
   */
  public static TapUri parse(String text) {
    if (text.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "Cannot use the address of Tap: it contains a user or password. Give the password with the"
              + " builder's password().");
    }
    if (text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
      throw new IllegalArgumentException(
          "Cannot use the address of Tap: it contains a query or fragment. Give what a proxy needs"
              + " with the builder's header().");
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
    // Tap treats a path with a double slash as a different path, which does not exist.
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

  /**
   * Parses host and port as a transport does. Unlike in java.net.URI, a name may have an
   * underscore.
   */
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
          "its host has a letter that not all clients write alike in ASCII, so it must be in ASCII"
              + " (xn--)");
    }
    try {
      host = IDN.toASCII(host);
    } catch (IllegalArgumentException e) {
      host = "";
    }
    if (!NAME.matcher(host).matches()) {
      throw invalid("its host is not a name that DNS can have");
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
      throw invalid("its port is not from 1 to " + MAX_PORT);
    }
    return ":" + text;
  }

  /** Makes an error that quotes no part of the address, because any part may be a secret. */
  private static IllegalArgumentException invalid(String why) {
    return new IllegalArgumentException(
        "Cannot use the address of Tap: " + why + ". Give an address such as localhost:2480.");
  }

  /** Returns the URI of the event channel. */
  public URI channel() {
    return URI.create((secure ? "wss://" : "ws://") + authority.withZone("%25") + prefix + CHANNEL);
  }

  /**
   * Returns the URI of a path of the admin API.
   *
   * @param path begins with a slash
   */
  public URI management(String path) {
    return URI.create(
        (secure ? "https://" : "http://") + authority.forHttpClient() + prefix + path);
  }

  /** Returns the URI of a path of the admin API without what may be secret. */
  public String shown(String path) {
    return (secure ? "https://" : "http://") + authority + shownPrefix() + path;
  }

  /** Returns the URI of the event channel without what may be secret. */
  public String shownChannel() {
    return this + shownPrefix() + CHANNEL;
  }

  /**
   * Returns the prefix without segments that do not look like words, because they may be secret.
   */
  private String shownPrefix() {
    StringBuilder shown = new StringBuilder();
    for (String segment : prefix.split("/", -1)) {
      if (!segment.isEmpty()) {
        shown.append('/').append(WORD.matcher(segment).matches() ? segment : "…");
      }
    }
    return shown.toString();
  }

  /** Returns scheme, host and port. */
  @Override
  public String toString() {
    return (secure ? "wss://" : "ws://") + authority;
  }
}
