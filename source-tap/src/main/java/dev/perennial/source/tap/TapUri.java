package dev.perennial.source.tap;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a Tap is, of which both its event channel and its management API have their addresses.
 * Written with one of the schemes {@code ws}, {@code wss}, {@code http} and {@code https}, or none,
 * which means an unencrypted one; a path is a proxy's prefix.
 */
final class TapUri {

  /** Where Tap listens unless told otherwise. */
  static final TapUri DEFAULT = parse("localhost:2480");

  private static final int MAX_PORT = 65_535;

  private final boolean secure;
  private final String authority;
  private final String prefix;

  private TapUri(boolean secure, String authority, String prefix) {
    this.secure = secure;
    this.authority = authority;
    this.prefix = prefix;
  }

  /**
   * @throws IllegalArgumentException if that is no address of a Tap
   */
  static TapUri parse(String text) {
    if (text.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "a Tap's address has no user and password in it; give the password with password()");
    }
    if (text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
      throw new IllegalArgumentException(
          "a Tap's address has no query and no fragment; give what a proxy needs with header()");
    }
    String full = text.contains("://") ? text : "ws://" + text;
    URI uri;
    try {
      uri = new URI(full);
    } catch (URISyntaxException e) {
      throw invalid(e.getReason());
    }
    String authority = uri.getRawAuthority();
    requireHostAndPort(authority);
    // Tap takes a double slash for another path, which it does not have.
    String prefix = uri.getRawPath().replaceAll("/{2,}", "/").replaceAll("/$", "");
    return new TapUri(isSecure(uri.getScheme()), authority, prefix);
  }

  private static boolean isSecure(@Nullable String scheme) {
    return switch (String.valueOf(scheme).toLowerCase(Locale.ROOT)) {
      case "ws", "http" -> false;
      case "wss", "https" -> true;
      default -> throw invalid("its scheme is none of ws, wss, http and https");
    };
  }

  /** As a transport reads them. Unlike java.net.URI's host, a name may have an underscore. */
  private static void requireHostAndPort(@Nullable String authority) {
    if (authority == null) {
      throw invalid("it has no host");
    }
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']');
    String host = hasPort ? authority.substring(0, colon) : authority;
    if (host.isEmpty()) {
      throw invalid("it has no host");
    }
    if (!host.startsWith("[") && host.indexOf(':') >= 0) {
      throw invalid("an IPv6 address needs brackets");
    }
    String port = hasPort ? authority.substring(colon + 1) : "";
    if (port.isEmpty()) {
      return;
    }
    if (!port.matches("[0-9]{1,5}")
        || Integer.parseInt(port) < 1
        || Integer.parseInt(port) > MAX_PORT) {
      throw invalid("its port must be from 1 to " + MAX_PORT);
    }
  }

  /** Quotes nothing of the address, of which any part may be a secret in the wrong place. */
  private static IllegalArgumentException invalid(String why) {
    return new IllegalArgumentException(
        "that is no address of a Tap, such as localhost:2480: " + why);
  }

  /** Where events come from. */
  URI channel() {
    return URI.create((secure ? "wss://" : "ws://") + authority + prefix + "/channel");
  }

  /**
   * A path of the management API.
   *
   * @param path with a slash before it, as it is to be sent
   */
  URI management(String path) {
    return URI.create((secure ? "https://" : "http://") + authority + prefix + path);
  }

  /** A path of the management API as it may be shown. */
  String shown(String path) {
    return (secure ? "https://" : "http://") + authority + path;
  }

  /** Scheme and authority. A proxy's prefix may hold a secret. */
  @Override
  public String toString() {
    return (secure ? "wss://" : "ws://") + authority;
  }
}
