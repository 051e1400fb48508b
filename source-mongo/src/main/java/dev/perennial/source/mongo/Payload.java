package dev.perennial.source.mongo;

import java.util.function.Supplier;

/** Decodes what lies within an event. */
final class Payload {

  private Payload() {}

  /**
   * Runs a decoder.
   *
   * @param problem what it means if it throws
   */
  static <T> T read(String problem, Supplier<T> decoder) {
    try {
      return decoder.get();
    } catch (RuntimeException e) {
      // A codec may throw anything, and the driver's reader throws several kinds on corrupt BSON.
      throw new ChangePayloadException(
          problem + ": " + Brief.of(String.valueOf(e.getMessage())), e);
    }
  }
}
