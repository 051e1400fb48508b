package dev.perennial.checkpoint.redis.internal;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Names the hash of a stream: the prefix, a colon, and the stream id in braces, which make it the
 * hash tag that decides on a cluster's slot.
 */
public record Keys(String prefix) {

  public Keys {
    if (prefix.isEmpty() || prefix.indexOf('{') >= 0 || prefix.indexOf('}') >= 0) {
      throw new IllegalArgumentException(
          "A prefix has at least one character and no braces, which mark the stream id in a key; this is \""
              + prefix
              + "\".");
    }
    requireUnicode("prefix", prefix);
  }

  public String of(String streamId) {
    if (streamId.isEmpty()) {
      throw new IllegalArgumentException("A stream id has at least one character.");
    }
    requireUnicode("stream id", streamId);
    return prefix + ":{" + streamId + "}";
  }

  /** What {@code SCAN} finds the keys by, among others. */
  String pattern() {
    return prefix.replaceAll("[\\\\*?\\[\\]]", "\\\\$0") + ":{*}";
  }

  /** The stream id of a key; empty if it is none of ours. */
  Optional<String> streamId(String key) {
    String begin = prefix + ":{";
    if (!key.startsWith(begin) || !key.endsWith("}") || key.length() <= begin.length() + 1) {
      return Optional.empty();
    }
    return Optional.of(key.substring(begin.length(), key.length() - 1));
  }

  private static void requireUnicode(String what, String text) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException(
          "The " + what + " holds half a surrogate pair, which no key can hold as text.");
    }
  }
}
