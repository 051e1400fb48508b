package dev.perennial.port;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One live session of a source.
 *
 * <p>{@code receive} and {@code close} never overlap and come from one thread at a time; {@code
 * wakeUp} comes from any thread at any time, also after {@code close}.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public interface Connection<E, P extends Position> {

  /**
   * Gives what came next. Hands out all that arrived before the connection was lost, then throws;
   * it is not called after it threw anything but {@link InterruptedException}. After an interrupt
   * the connection is either still usable, or its next {@code receive} fails with an error that its
   * source's classifier retries.
   *
   * @param timeout how long to wait: {@link Duration#ZERO} does no I/O and returns at once; the
   *     stream asks for at most 500 ms at a time
   * @return what came, or null if nothing is there now, which may be before the timeout is over
   * @throws InterruptedException if the thread was interrupted while it waited
   * @throws Exception if the connection is lost; the source's classifier says what that means
   */
  @Nullable Received<E, P> receive(Duration timeout) throws Exception;

  /**
   * Makes a {@code receive} that is blocked in another thread return soon, where that is possible.
   * Never blocks.
   */
  default void wakeUp() {}

  /**
   * Closes the connection. Called once.
   *
   * @param flush how long it may take to write what was accepted before, such as acknowledgements
   * @throws IOException if the connection could not be closed in order; it is logged
   * @throws InterruptedException if the thread was interrupted while it waited; the connection is
   *     closed all the same
   */
  void close(Duration flush) throws IOException, InterruptedException;
}
