package dev.perennial.simulators.tap;

import java.util.LinkedHashMap;
import java.util.Map;

/** An HTTP response. */
record HttpReply(int status, Map<String, String> headers, String body) {

  private static final String JSON = "application/json; charset=UTF-8";

  HttpReply {
    headers = Map.copyOf(headers);
  }

  /** A JSON body, followed by the line feed that the server's encoder writes. */
  static HttpReply json(int status, String body) {
    return new HttpReply(status, Map.of("Content-Type", JSON), body + "\n");
  }

  static HttpReply ok(String body) {
    return json(200, body);
  }

  static HttpReply empty() {
    return new HttpReply(200, Map.of(), "");
  }

  /** An error, in the form of all handlers that need the password. */
  static HttpReply error(int status, String message) {
    return json(status, "{\"message\":" + Json.quote(message) + "}");
  }

  HttpReply with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new HttpReply(status, more, body);
  }
}
