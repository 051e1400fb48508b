package dev.perennial.source.mongo.internal.cursor;

import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A connection in place of a cursor that could not be opened because the server cannot return the
 * very first event. It delivers that event as malformed and is then lost, so that the stream
 * resumes after it.
 */
final class SingleEventConnection implements Connection<ChangeEvent, MongoPosition> {

  private final MalformedChange event;
  private final MongoPosition position;
  private boolean given;

  SingleEventConnection(MalformedChange event, ResumePosition before) {
    this.event = event;
    this.position = event.position().orElse(before);
  }

  @Override
  public @Nullable Received<ChangeEvent, MongoPosition> receive(Duration timeout)
      throws MongoSourceException {
    if (given) {
      throw OneByOneMode.steppedOver(event.cause());
    }
    given = true;
    return Received.event(event, position);
  }

  @Override
  public void close(Duration flush) {}
}
