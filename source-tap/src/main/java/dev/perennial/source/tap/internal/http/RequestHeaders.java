package dev.perennial.source.tap.internal.http;

import dev.perennial.port.LogText;
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

/** The headers that a builder collects. Their values never get into an error. */
public final class RequestHeaders {

  static final String AUTHORIZATION = "Authorization";
  public static final String USER_AGENT = "User-Agent";

  private static final String DEFAULT_USER_AGENT = "perennial/" + version();

  /** What neither a WebSocket handshake nor the JDK's HTTP client lets others set. */
  private static final Set<String> RESERVED =
      Set.of("host", "connection", "upgrade", "content-length", "transfer-encoding", "expect");

  private final TreeMap<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  public RequestHeaders() {
    headers.put(USER_AGENT, DEFAULT_USER_AGENT);
  }

  public void put(String name, String value) {
    if (name.isEmpty() || !name.chars().allMatch(RequestHeaders::isTokenChar)) {
      throw new IllegalArgumentException("\"" + LogText.brief(name) + "\" is no name for a header");
    }
    requireValue(name, value);
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.equals("proxy-authorization")) {
      throw new IllegalArgumentException(
          "the header "
              + name
              + " would go to the Tap and not to the proxy; give the user and password to the proxy"
              + " of the transport or the HTTP client");
    }
    if (RESERVED.contains(lower) || lower.startsWith("sec-websocket-")) {
      throw new IllegalArgumentException("the header " + name + " is made by the client itself");
    }
    headers.remove(name);
    headers.put(name, value);
  }

  /**
   * An immutable copy, with the password's header.
   *
   * @throws IllegalArgumentException if there is both a password and a header that would stand in
   *     its place
   */
  public Map<String, String> with(@Nullable BasicAuth auth) {
    TreeMap<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(headers);
    if (auth != null && all.putIfAbsent(AUTHORIZATION, auth.header()) != null) {
      throw new IllegalArgumentException(
          "give either a password or the header Authorization, not both");
    }
    return Collections.unmodifiableMap(all);
  }

  /**
   * RFC 9110, section 5.5: no control characters but tabs; one byte per character. Whatever sends
   * the header would refuse the rest too, and might show the value.
   */
  private static void requireValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7F || c > 0xFF) {
        throw new IllegalArgumentException(
            "the value of the header "
                + name
                + " has a character that HTTP does not allow in one, at index "
                + i);
      }
    }
  }

  /** RFC 9110, section 5.6.2. */
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
