package dev.perennial.testkit;

import dev.perennial.port.Malformed;
import java.nio.charset.StandardCharsets;

/**
 * An event for a message that cannot be decoded, for scripts whose events can be of any type.
 *
 * @param text the message
 */
public record ScriptedMalformed(String text) implements Malformed {

  @Override
  public byte[] raw() {
    byte[] all = text.getBytes(StandardCharsets.UTF_8);
    return all.length <= RAW_LIMIT ? all : java.util.Arrays.copyOf(all, RAW_LIMIT);
  }

  @Override
  public long size() {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public Throwable cause() {
    return new IllegalArgumentException("The script calls this message malformed.");
  }
}
