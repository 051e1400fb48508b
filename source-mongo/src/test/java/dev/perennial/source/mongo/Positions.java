package dev.perennial.source.mongo;

import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonTimestamp;

/** Positions as a server gives them. */
public final class Positions {

  private Positions() {}

  /** Where the first event is that happened at a time or later. */
  public static MongoPosition ofFirstEvent(MongoSource source, BsonTimestamp from)
      throws Exception {
    Connection<ChangeEvent, MongoPosition> connection =
        source.connect(Optional.of(ResumePosition.ofTime(from)));
    try {
      while (true) {
        if (Rig.receive(connection) instanceof Received.Event<ChangeEvent, MongoPosition> event) {
          return event.position();
        }
      }
    } finally {
      connection.close(Duration.ZERO);
    }
  }

  /** Where the first part is of the first event that came split. */
  public static MongoPosition ofFirstFragment(MongoSource source, BsonTimestamp from)
      throws Exception {
    return fragments(source, from).get(0).position();
  }

  /** The parts of the first event that came split. */
  public static List<Change> fragments(MongoSource source, BsonTimestamp from) throws Exception {
    Connection<ChangeEvent, MongoPosition> connection =
        source.connect(Optional.of(ResumePosition.ofTime(from)));
    List<Change> parts = new ArrayList<>();
    try {
      while (true) {
        if (Rig.receive(connection) instanceof Received.Event<ChangeEvent, MongoPosition> event
            && event.event() instanceof Change change
            && change.splitEvent().isPresent()) {
          parts.add(change);
          if (parts.size() == change.splitEvent().get().of()) {
            return parts;
          }
        }
      }
    } finally {
      connection.close(Duration.ZERO);
    }
  }
}
