package dev.perennial.source.mongo;

import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Whether events are asked for one by one. A server that cannot return an event drops the whole
 * batch that it was putting together, with what comes before that event; so the error alone does
 * not say that the event is the next one. Only where no batch has more than one event, it does.
 * Belongs to one source, and to the thread that uses it.
 */
final class Caution {

  private @Nullable MongoPosition poison;
  private @Nullable BsonTimestamp time;
  private boolean on;

  /** Whether the next cursor is to give events one by one. */
  boolean isOn() {
    return on;
  }

  /** An event that cannot be returned was met in a batch. */
  void met(UnreturnableEvent event) {
    on = true;
    poison = event.token().map(MongoPosition::ofToken).orElse(null);
    time = event.clusterTime().orElse(null);
  }

  /** The event has been stepped over. */
  void passed() {
    on = false;
  }

  /** Whether an event is the one that could not be returned, or comes behind it. */
  boolean isOverAt(MongoPosition position) {
    BsonTimestamp known = time;
    return position.equals(poison)
        || (known != null
            && position.clusterTime().filter(at -> at.compareTo(known) > 0).isPresent());
  }
}
