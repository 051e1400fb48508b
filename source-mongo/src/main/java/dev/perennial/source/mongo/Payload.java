package dev.perennial.source.mongo;

import dev.perennial.port.support.LogText;
import java.util.Objects;
import java.util.function.Supplier;

/** Decodes what lies within an event. */
final class Payload {

  private Payload() {}

  /**
   * Runs a decoder.
   *
   * @param problem what it means if it throws; asked for only then
   */
  static <T> T read(Supplier<String> problem, Supplier<T> decoder) {
    try {
      return Objects.requireNonNull(decoder.get(), "the codec gave null");
    } catch (RuntimeException | StackOverflowError e) {
      // A codec may throw anything, the driver's reader throws several kinds on corrupt BSON, and
      // decoding goes as deep as the document.
      throw new ChangePayloadException(
          problem.get() + ": " + LogText.brief(String.valueOf(e.getMessage())), e);
    }
  }
}
