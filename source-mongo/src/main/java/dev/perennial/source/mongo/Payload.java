package dev.perennial.source.mongo;

import dev.perennial.port.support.LogText;
import java.util.Objects;
import java.util.function.Supplier;

/** Decodes parts of an event. */
final class Payload {

  private Payload() {}

  /**
   * Runs a decoder.
   *
   * @param what what it reads, and as what; called only if it throws
   * @param remedy what the application can do if it throws
   */
  static <T> T read(Supplier<String> what, String remedy, Supplier<T> decoder) {
    try {
      return Objects.requireNonNull(decoder.get(), "the codec returned null");
    } catch (RuntimeException | StackOverflowError e) {
      // A codec may throw anything, the driver's reader throws several kinds on corrupt BSON, and
      // decoding goes as deep as the document.
      throw new ChangePayloadException(
          "Cannot read " + what.get() + ": " + LogText.reason(e) + ". " + remedy, e);
    }
  }
}
