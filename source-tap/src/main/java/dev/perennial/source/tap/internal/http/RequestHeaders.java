package dev.perennial.source.tap.internal.http;

import dev.perennial.port.support.LogText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The request headers that a builder collects. Their values never get into an error. Not safe for
 * use from several threads.
 */
public final class RequestHeaders {

  static final String AUTHORIZATION = "Authorization";
  public static final String USER_AGENT = "User-Agent";

  private static final String DEFAULT_USER_AGENT = "perennial/" + version();

  /** The headers that a WebSocket handshake or the JDK's HTTP client sets itself. */
  private static final Set<String> RESERVED =
      Set.of("host", "connection", "upgrade", "content-length", "transfer-encoding", "expect");

  private final TreeMap<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  /** Creates headers with the default user agent. */
  public RequestHeaders() {
    headers.put(USER_AGENT, DEFAULT_USER_AGENT);
  }

  /**
   * Sets a header; replaces one of the same name.
   *
   * @throws IllegalArgumentException if it cannot be sent
   */
  public void put(String name, String value) {
    if (name.isEmpty() || !name.chars().allMatch(RequestHeaders::isTokenChar)) {
      throw new IllegalArgumentException(
          "Cannot set the header \""
              + LogText.brief(name)
              + "\": HTTP does not allow this name. Correct the name.");
    }
    requireValue(name, value);
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.equals("proxy-authorization")) {
      throw new IllegalArgumentException(
          "Cannot set the header "
              + name
              + ": it would go to Tap and not to the proxy. Give the user and password to the proxy"
              + " of the transport or of the HTTP client.");
    }
    if (RESERVED.contains(lower) || lower.startsWith("sec-websocket-")) {
      throw new IllegalArgumentException(
          "Cannot set the header " + name + ": the client sets it itself. Leave it out.");
    }
    headers.remove(name);
    headers.put(name, value);
  }

  /**
   * Returns an immutable copy with the password's header.
   *
   * @throws IllegalArgumentException if there is both a password and a header {@code Authorization}
   */
  public Map<String, String> with(@Nullable BasicAuth auth) {
    TreeMap<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(headers);
    if (auth != null && all.putIfAbsent(AUTHORIZATION, auth.header()) != null) {
      throw new IllegalArgumentException(
          "Cannot set both a password and the header Authorization: they are the same header. Give"
              + " only one of them.");
    }
    return Collections.unmodifiableMap(all);
  }

  /**
   * Checks a value by RFC 9110, section 5.5: no control characters but tabs, one byte per
   * character. The client that sends the header would also refuse other values, but might show
   * them.
   */
  private static void requireValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7F || c > 0xFF) {
        throw new IllegalArgumentException(
            "Cannot set the header "
                + name
                + ": HTTP does not allow the character at index "
                + i
                + " of its value. Remove it.");
      }
    }
  }

  /** Returns whether a name may contain a character: RFC 9110, section 5.6.2. */
  private static boolean isTokenChar(int c) {
    return (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
  }

  private static String version() {
    Properties properties = new Properties();
    try (InputStream in = RequestHeaders.class.getResourceAsStream("version.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version", "unknown");
  }
}
