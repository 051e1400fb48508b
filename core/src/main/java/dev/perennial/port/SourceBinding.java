package dev.perennial.port;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The stream that a source belongs to. A source makes one and always returns it from {@link
 * Source#binding()}. The first stream that is opened binds it for good, and every other one is
 * refused. Safe for use from any thread.
 */
public final class SourceBinding {

  private final AtomicReference<@Nullable String> stream = new AtomicReference<>();

  /** Creates the binding of a source that belongs to no stream yet. */
  public SourceBinding() {}

  /**
   * Binds the source to a stream. Called by {@code open()}, not by sources.
   *
   * @param name the stream's name
   * @throws IllegalStateException if the source belongs to a stream already
   */
  public void bind(String name) {
    String owner = stream.compareAndExchange(null, name);
    if (owner != null) {
      throw new IllegalStateException(
          "Cannot open stream \""
              + name
              + "\": its source belongs to stream \""
              + owner
              + "\". Give each stream a source of its own, also if the other one is closed.");
    }
  }

  /** Returns the name of the stream that the source belongs to; empty before that is opened. */
  public Optional<String> stream() {
    return Optional.ofNullable(stream.get());
  }

  @Override
  public String toString() {
    return "SourceBinding[" + stream().orElse("no stream") + ']';
  }
}
