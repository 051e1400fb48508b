package dev.perennial.port;

import java.io.IOException;
import java.time.Duration;

/**
 * Opens connections to one stream of events.
 *
 * <p>A source belongs to one stream, which closes it last; {@code open()} refuses it to a second
 * one. The stream calls {@code connect} from one thread at a time, never while a connection that it
 * gave before is open. A source does not retry and does not wait: it throws, its {@link #errors()
 * classifier} says what the error means, and the stream does the rest.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public sealed interface Source<E, P extends Position> extends AutoCloseable
    permits ServerTrackedSource, ClientTrackedSource {

  /**
   * A short name for logs, errors and checkpoints, for example {@code tap}. Constant, and free of
   * secrets.
   */
  String name();

  /**
   * Says which stream this source belongs to. A source keeps {@code new SourceBinding()} in a field
   * and always returns that one; a source that wraps another returns the other's.
   */
  SourceBinding binding();

  /** What the errors that this source and its connections throw mean. */
  ErrorClassifier errors();

  /**
   * How long to wait between attempts to connect, unless the application says otherwise: 1 s
   * doubling to 60 s.
   */
  default BackoffPolicy backoff() {
    return BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(60));
  }

  /**
   * Frees what the source itself made. Called once, after the last connection has been closed. It
   * does not close what the application passed in, such as a transport or a client.
   *
   * @throws IOException if something could not be freed; it is logged
   */
  @Override
  default void close() throws IOException {}
}
