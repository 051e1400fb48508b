package dev.perennial;

/**
 * Thrown by a stream's iterator if its thread was interrupted while it waited for the next event.
 * The thread's interrupt flag is set again, and the stream stays usable. {@link EventStream#next()}
 * throws {@link InterruptedException} instead.
 */
public final class StreamInterruptedException extends StreamException {

  private static final long serialVersionUID = 1;

  /** Makes the exception. Called by the engine; tests of applications may call it. */
  public StreamInterruptedException(String message, InterruptedException cause) {
    super(message, cause);
  }
}
