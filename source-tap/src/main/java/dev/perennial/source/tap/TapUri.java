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
      throw invalid(text, e.getReason());
    }
    if (uri.getHost() == null || uri.getPort() > 0xFFFF) {
      throw invalid(text, "no host and port can be read");
    }
    // Tap takes a double slash for another path, which it does not have.
    String prefix = uri.getRawPath().replaceAll("/{2,}", "/").replaceAll("/$", "");
    return new TapUri(isSecure(text, uri.getScheme()), uri.getRawAuthority(), prefix);
  }

  private static boolean isSecure(String text, @Nullable String scheme) {
    return switch (String.valueOf(scheme).toLowerCase(Locale.ROOT)) {
      case "ws", "http" -> false;
      case "wss", "https" -> true;
      default -> throw invalid(text, "its scheme is none of ws, wss, http and https");
    };
  }

  private static IllegalArgumentException invalid(String text, String why) {
    return new IllegalArgumentException(
        "\"" + Brief.of(text) + "\" is no address of a Tap, such as localhost:2480: " + why);
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

  @Override
  public String toString() {
    return channel().toString();
  }
}
