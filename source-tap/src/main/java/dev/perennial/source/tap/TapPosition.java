package dev.perennial.source.tap;

import dev.perennial.port.Position;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The position of an event in Tap: its id, a digest of its message, and the connection on which it
 * arrived. Immutable.
 *
 * <p>Tap reuses ids after a restart, so an id alone does not identify an event. A record event is
 * identified by id and digest, because two messages with the same id, repo, revision, path and
 * content mean the same change. Other events are not: if an account is suspended, restored and
 * suspended again, both messages have the same words. So they are equal only if they arrived on the
 * same connection, on which Tap uses no id twice. A message without a readable id equals no other,
 * and acknowledging it does nothing.
 *
 * <p>The digest is XXH64 over the message's bytes, without a payload that has a cid, seeded with
 * its size. Two different messages with the same id are taken for one with a probability of 2^-64.
 * Only the owner of a repo, who would have to know both ids in advance, could make two messages
 * collide, and would lose an event of that repo alone.
 */
public final class TapPosition implements Position {

  /**
   * The number of the event's connection, which its source counts from 1; not the connection
   * itself, which the position would keep in memory.
   */
  final long connection;

  final boolean hasId;
  final long id;
  private final long digest;
  private final boolean sameAcrossConnections;

  private TapPosition(TapEvent event, long connection) {
    this.connection = connection;
    this.hasId = event.hasId;
    this.id = event.id;
    this.digest = event.digest();
    this.sameAcrossConnections = event instanceof TapRecord;
  }

  static TapPosition of(TapEvent event, long connection) {
    return new TapPosition(event, connection);
  }

  /** Returns the event's id, unsigned; empty if the event has none. See {@link TapEvent#id()}. */
  public OptionalLong id() {
    return hasId ? OptionalLong.of(id) : OptionalLong.empty();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof TapPosition position
            && hasId
            && position.hasId
            && id == position.id
            && digest == position.digest
            && sameAcrossConnections == position.sameAcrossConnections
            && (sameAcrossConnections || connection == position.connection));
  }

  @Override
  public int hashCode() {
    // Neighbouring ids have neighbouring codes, so the stream finds them close together in memory.
    return hasId ? Long.hashCode(id) : System.identityHashCode(this);
  }

  /** Returns the id and the digest, for example {@code TapPosition[17 3f0c9b5d1e2a4c68]}. */
  @Override
  public String toString() {
    return "TapPosition["
        + (hasId ? Long.toUnsignedString(id) : "no id")
        + String.format(" %016x]", digest);
  }
}
