package dev.perennial.internal.connection;

import dev.perennial.StreamState;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a stream gets its connections: what differs between server-tracked and client-tracked
 * sources. For the thread that sits.
 */
public interface SourceTracking<E, P extends Position> {

  /** The state that follows {@code NEW}. */
  StreamState firstState();

  /**
   * Waits for the claim and takes up the checkpoint, in {@code CLAIMING}. False if the time was
   * over first.
   */
  boolean claim(Deadline deadline) throws InterruptedException;

  /**
   * Does what must be done before connecting, in {@code CONNECTING}. False if the time is over, or
   * was before that was done.
   *
   * @throws Exception what the source threw
   */
  boolean prepare(Deadline deadline) throws Exception;

  /** What of its checkpoint the stream waits for; empty if it waits for none of it. */
  default Optional<AwaitedStep> pending() {
    return Optional.empty();
  }

  /**
   * Opens a connection, from a seat used for that.
   *
   * @throws Exception what the source threw
   */
  Connection<E, P> connect() throws Exception;

  /**
   * What comes before anything from the connection: the oldest notice of a restart, which stays
   * until it is taken.
   */
  @Nullable Received<E, P> notice();

  /** Notes that the oldest notice is in the window. */
  default void noticeTaken() {}

  /** Notes the position of an event or a progress that was received. */
  void received(P position);

  /** The last position that was received. */
  @Nullable P last();

  /** Notes that the connection proved itself. */
  void proved();

  /** Whether acks go to the connection, which then stays open until the stream is closed. */
  boolean takesAcks();

  /**
   * Notes that the server no longer knows the position. Fails the stream if nothing can be done
   * about that.
   */
  void positionLost(Throwable cause);
}
