package dev.perennial.simulators.tap;

import java.nio.charset.StandardCharsets;

/**
 * A message that a client sent.
 *
 * @param text whether it was a text message; otherwise it was binary
 * @param payload its bytes
 */
public record ClientMessage(boolean text, byte[] payload) {

  /** The payload read as UTF-8. */
  public String asText() {
    return new String(payload, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return (text ? "text " : "binary ") + asText();
  }
}
