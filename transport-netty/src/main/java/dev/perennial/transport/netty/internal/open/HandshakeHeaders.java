package dev.perennial.transport.netty.internal.open;

import dev.perennial.transport.netty.internal.address.WebSocketUri;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The headers of the handshake's request and answer. The caller's headers are checked before Netty
 * sees them, so that its error messages cannot show a value.
 */
public final class HandshakeHeaders {

  /** The syntax of a header's name: RFC 9110, section 5.6.2. */
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

  /** The handshake sets the first three; a request without a body has none of the others. */
  private static final Set<String> RESERVED =
      Set.of("host", "upgrade", "connection", "content-length", "transfer-encoding");

  private static final String RESERVED_PREFIX = "sec-websocket-";

  private HandshakeHeaders() {}

  /**
   * Returns the request's headers, made of those that the caller gave.
   *
   * @throws IllegalArgumentException if one cannot be sent; the message never shows a value
   */
  public static HttpHeaders of(WebSocketUri target, Map<String, String> given) {
    HttpHeaders headers = new DefaultHttpHeaders();
    given.forEach((name, value) -> {
      checkName(name);
      checkValue(name, value);
      headers.add(name, value);
    });
    return headers.set(HttpHeaderNames.HOST, target.authority());
  }

  /**
   * Returns an answer's headers, names in lower case.
   *
   * @param now the value of a missing {@code Date}: RFC 9110, section 6.6.1
   */
  static Map<String, List<String>> copy(HttpHeaders headers, Instant now) {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    headers.forEach(header ->
        copy.computeIfAbsent(header.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
            .add(header.getValue()));
    copy.computeIfAbsent(
        "date",
        name -> List.of(DateTimeFormatter.RFC_1123_DATE_TIME.format(now.atOffset(ZoneOffset.UTC))));
    return copy;
  }

  private static void checkName(String name) {
    if (!name.matches(TOKEN)) {
      throw new IllegalArgumentException(
          "Cannot set a header: HTTP does not allow its name. Correct the name.");
    }
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.equals("proxy-authorization")) {
      throw new IllegalArgumentException(
          "Cannot set the header "
              + name
              + ": it would go to the server and not to the proxy. Give the user and password to"
              + " NettyTransportBuilder.httpProxy().");
    }
    if (RESERVED.contains(lower) || lower.startsWith(RESERVED_PREFIX)) {
      throw new IllegalArgumentException(
          "Cannot set the header " + name + ": the handshake sets it itself. Leave it out.");
    }
  }

  /** Checks a value by RFC 9110, section 5.5: no control characters but tabs, one byte each. */
  private static void checkValue(String name, String value) {
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
}
