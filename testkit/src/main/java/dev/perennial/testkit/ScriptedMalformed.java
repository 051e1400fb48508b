package dev.perennial.testkit;

import dev.perennial.port.Malformed;
import java.nio.charset.StandardCharsets;

/**
 * An event that stands for a message which could not be decoded, for scripts whose events are of
 * any type.
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
    return new IllegalArgumentException("scripted as malformed");
  }
}
