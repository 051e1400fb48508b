package dev.perennial.source.mongo;

import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * A gap in the stream: the server no longer had the changes after the stream's position, and the
 * stream continued after them, as its {@link HistoryLostPolicy} says. What happened between the two
 * times was not delivered. Ack it like any other event; until then the checkpoint stays before the
 * gap.
 *
 * <p>Only the source creates gaps; for a test of a handler, the testkit's {@code TestValue} does.
 */
public non-sealed interface StreamGap extends ChangeEvent {

  /** Returns the cluster time of the last position; empty if it is not known. */
  Optional<BsonTimestamp> from();

  /** Returns the cluster time from which the stream continues. */
  BsonTimestamp to();

  /** Returns the server's own words. */
  String reason();
}
