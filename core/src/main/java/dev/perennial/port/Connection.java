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
   * Returns the next thing received. Returns everything that arrived before the connection was
   * lost, then throws. Not called again after it threw, except an {@link InterruptedException}:
   * after an interrupt the connection is either still usable, or its next {@code receive} fails
   * with an error that its source's classifier retries.
   *
   * @param timeout how long to wait: {@link Duration#ZERO} does no I/O and returns at once; the
   *     stream passes at most 500 ms
   * @return what was received, or null if nothing is there, which may be before the timeout
   * @throws InterruptedException if the thread was interrupted while it waited
   * @throws Exception if the connection is lost; the source's classifier classifies it
   */
  @Nullable Received<E, P> receive(Duration timeout) throws Exception;

  /**
   * Makes a {@code receive} that is blocked in another thread return soon, if that is possible.
   * Never blocks.
   */
  default void wakeUp() {}

  /**
   * Closes the connection. Called once.
   *
   * @param flush how long it may take to write what was accepted before, such as acks
   * @throws IOException if the connection could not be closed cleanly; it is logged
   * @throws InterruptedException if the thread was interrupted while it waited; the connection is
   *     closed nevertheless
   */
  void close(Duration flush) throws IOException, InterruptedException;
}
