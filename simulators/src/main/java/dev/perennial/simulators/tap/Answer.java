package dev.perennial.simulators.tap;

import java.util.LinkedHashMap;
import java.util.Map;

/** An HTTP response. */
record Answer(int status, Map<String, String> headers, String body) {

  private static final String JSON = "application/json; charset=UTF-8";

  Answer {
    headers = Map.copyOf(headers);
  }

  /** A JSON body, with the line feed that the server's encoder writes behind it. */
  static Answer json(int status, String body) {
    return new Answer(status, Map.of("Content-Type", JSON), body + "\n");
  }

  static Answer ok(String body) {
    return json(200, body);
  }

  static Answer empty() {
    return new Answer(200, Map.of(), "");
  }

  /** An error as all handlers behind the password give it. */
  static Answer error(int status, String message) {
    return json(status, "{\"message\":" + Json.quote(message) + "}");
  }

  Answer with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Answer(status, more, body);
  }
}
