package dev.perennial.internal.connection;

import dev.perennial.StreamState;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What differs between server-tracked and client-tracked sources: how a stream starts, resumes and
 * learns that its position is lost. Called only by the pulling thread.
 */
public interface SourceTracking<E, P extends Position> {

  /** Returns the state that follows {@code NEW}. */
  StreamState firstState();

  /**
   * Waits in {@code CLAIMING} for the claim and loads the checkpoint. Returns false if the time was
   * over first.
   */
  boolean claim(Deadline deadline) throws InterruptedException;

  /**
   * Does what must precede a connection, in {@code CONNECTING}. Returns false if the time is over.
   *
   * @throws Exception what the source threw
   */
  boolean prepare(Deadline deadline) throws Exception;

  /** Returns the step of its checkpoint that the stream waits for; empty if there is none. */
  default Optional<AwaitedStep> pending() {
    return Optional.empty();
  }

  /**
   * Opens a connection, inside the guard.
   *
   * @throws Exception what the source threw
   */
  Connection<E, P> connect() throws Exception;

  /**
   * Returns the oldest notice of a restart, which comes before anything from the connection and
   * stays until it is taken; null if there is none.
   */
  @Nullable Received<E, P> notice();

  /** Notes that the oldest notice is in the window. */
  default void noticeTaken() {}

  /** Notes the position of an event or of progress that was received. */
  void received(P position);

  /** Returns the last position received; null if there is none. */
  @Nullable P last();

  /** Notes that the connection has proved itself. */
  void proved();

  /**
   * Returns whether acks go to the connection, which then stays open until the stream is closed.
   */
  boolean takesAcks();

  /**
   * Notes that the server no longer knows the position. Fails the stream if that cannot be
   * recovered.
   */
  void positionLost(Throwable cause);
}
