package dev.perennial.checkpoint.redis.internal;

import dev.perennial.checkpoint.redis.internal.ClaimedHash.Names;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The keys of the streams' hashes: the prefix, a colon, and the stream id in braces. The braces
 * make the id the hash tag that decides the slot in a cluster.
 */
public record Keys(String prefix) {

  public Keys {
    if (prefix.isEmpty() || prefix.indexOf('{') >= 0 || prefix.indexOf('}') >= 0) {
      throw new IllegalArgumentException(
          "Cannot use prefix \""
              + prefix
              + "\": it needs at least one character and no braces, which mark the stream id in a key.");
    }
    requireUnicode("prefix", prefix);
  }

  /**
   * Returns the names of a stream's hash.
   *
   * @throws IllegalArgumentException if the id is empty or not Unicode
   */
  public Names names(String streamId) {
    if (streamId.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot use an empty stream id: it needs at least one character.");
    }
    requireUnicode("stream id", streamId);
    return new Names(streamId, prefix + ":{" + streamId + "}");
  }

  /** Returns the pattern by which {@code SCAN} finds the keys, and maybe others. */
  String pattern() {
    return prefix.replaceAll("[\\\\*?\\[\\]]", "\\\\$0") + ":{*}";
  }

  /** Returns the stream id of a key; empty if the key does not belong to this store. */
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
          "Cannot use this " + what + " in a key: it contains half a surrogate pair.");
    }
  }
}
