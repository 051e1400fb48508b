package dev.perennial.simulators.tap;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A client's request for {@code /channel}, accepted or not.
 *
 * @param target the path and the query, as they came
 * @param headers by name, in any case; they hold the password
 */
public record Handshake(String target, Map<String, List<String>> headers) {

  public Handshake {
    Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    copy.putAll(headers);
    headers = Collections.unmodifiableMap(copy);
  }

  /** The first header of a name, or an empty text. */
  public String header(String name) {
    List<String> values = headers.getOrDefault(name, List.of());
    return values.isEmpty() ? "" : values.get(0);
  }

  /** Leaves the headers out, because of the password. */
  @Override
  public String toString() {
    return "Handshake[" + target + "]";
  }
}
