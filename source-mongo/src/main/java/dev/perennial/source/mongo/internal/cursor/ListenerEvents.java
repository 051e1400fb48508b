package dev.perennial.source.mongo.internal.cursor;

import dev.perennial.source.mongo.InvalidatePolicy;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.StreamGap;
import java.util.Optional;
import org.bson.BsonTimestamp;

/** The events of {@link MongoListener}, as the source creates them. */
final class ListenerEvents {

  private ListenerEvents() {}

  record HistoryLost(MongoPosition lost, Throwable cause, Optional<StreamGap> gap)
      implements MongoListener.HistoryLost {}

  record StartInFuture(BsonTimestamp start, BsonTimestamp serverTime)
      implements MongoListener.StartInFuture {}

  record TokenRejected(MongoPosition rejected, MongoPosition resumed, Throwable cause)
      implements MongoListener.TokenRejected {}

  record Invalidated(MongoPosition position, boolean isHidden, InvalidatePolicy policy)
      implements MongoListener.Invalidated {}

  record OneByOne(boolean isOn, String why) implements MongoListener.OneByOne {}

  record SteppedOver(MongoPosition position, Throwable cause)
      implements MongoListener.SteppedOver {}
}
