package dev.perennial.source.tap;

import dev.perennial.port.Position;
import dev.perennial.source.tap.internal.message.XxHash64;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Where an event is in Tap: its id, a digest of its message, and the connection that it came on.
 *
 * <p>Tap uses ids again after a restart, so an id alone does not name an event. Of a record, id and
 * digest do: two messages with the same id, the same repo, revision, path and content tell the same
 * thing. Of every other kind they do not: an account that was suspended, came back and was
 * suspended again tells it in the same words, so those are the same only if they came on the same
 * connection, within which no id is used twice. A message of which no id can be read is never the
 * same as another, and acknowledging it does nothing.
 *
 * <p>The digest is XXH64 over the message's bytes, seeded with its size. Two different messages
 * that come with the same id are taken for one with a probability of 2^-64, unless somebody who
 * controls both contents and foresees both ids makes them collide: then an event of that somebody's
 * own repo is missed, as both messages name it.
 */
public final class TapPosition implements Position {

  private final long connection;
  private final OptionalLong id;
  private final long digest;
  private final boolean sameAcrossConnections;

  /**
   * @param connection the number of the connection, and not the connection, which would be kept in
   *     memory: positions are remembered for longer
   */
  private TapPosition(
      long connection, OptionalLong id, long digest, boolean sameAcrossConnections) {
    this.connection = connection;
    this.id = id;
    this.digest = digest;
    this.sameAcrossConnections = sameAcrossConnections;
  }

  static TapPosition of(TapEvent event, long connection) {
    // Of a message that was cut off, the size is all that is known of the rest.
    return new TapPosition(
        connection,
        event.idIfAny(),
        XxHash64.hash(event.message, event.messageSize()),
        event instanceof TapRecord);
  }

  /** The event's id, unsigned, if it could be read. */
  public OptionalLong id() {
    return id;
  }

  /** The number of the connection that the event came on, counted from 1 by its source. */
  long connection() {
    return connection;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof TapPosition position
            && id.isPresent()
            && id.equals(position.id)
            && digest == position.digest
            && sameAcrossConnections == position.sameAcrossConnections
            && (sameAcrossConnections || connection == position.connection));
  }

  @Override
  public int hashCode() {
    if (id.isEmpty()) {
      return System.identityHashCode(this);
    }
    return Long.hashCode(digest) * 31 + Long.hashCode(id.getAsLong());
  }

  /** The id and the digest, for example {@code TapPosition[17 3f0c9b5d1e2a4c68]}. */
  @Override
  public String toString() {
    return "TapPosition["
        + (id.isPresent() ? Long.toUnsignedString(id.getAsLong()) : "no id")
        + String.format(" %016x]", digest);
  }
}
