package dev.perennial.port;

import java.io.IOException;
import java.time.Duration;

/**
 * A source of one stream of events, which opens its connections.
 *
 * <p>A source belongs to one stream, which closes it last; {@code open()} refuses it to a second
 * one. The stream calls {@code connect} from one thread at a time, never while an earlier
 * connection is open. A source neither retries nor waits: it throws, its {@link #errors()
 * classifier} says what the error means, and the stream does the rest.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public sealed interface Source<E, P extends Position> extends AutoCloseable
    permits ServerTrackedSource, ClientTrackedSource {

  /**
   * Returns a short name for logs, errors and checkpoints, for example {@code tap}. Constant, and
   * without secrets.
   */
  String name();

  /**
   * Returns the stream that this source belongs to. A source keeps {@code new SourceBinding()} in a
   * field and always returns that one; a source that wraps another returns the other's.
   */
  SourceBinding binding();

  /** Returns the classifier of the errors that this source and its connections throw. */
  ErrorClassifier errors();

  /**
   * Returns the time between connection attempts, unless the application sets another: 1 s,
   * doubling to 60 s.
   */
  default BackoffPolicy backoff() {
    return BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(60));
  }

  /**
   * Frees what the source itself made. Called once, after the last connection has been closed. It
   * does not close what the application passed in, such as a transport or a client.
   *
   * @throws IOException if something could not be freed; the stream logs it
   */
  @Override
  default void close() throws IOException {}
}
