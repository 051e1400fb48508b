package dev.perennial.examples.mongo;

import com.mongodb.MongoClientSettings;
import com.mongodb.ReadPreference;
import dev.perennial.source.mongo.HistoryLostPolicy;
import dev.perennial.source.mongo.InvalidatePolicy;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StartPosition;
import java.time.Duration;
import java.time.Instant;

/** A MongoDB source with options. */
final class TunedMongo {

  private TunedMongo() {}

  // tag::options
  static MongoSource source(MongoClientSettings settings) {
    return MongoSource.builder(settings)
        .watch(Scope.database("shop"))
        .startAt(StartPosition.at(Instant.parse("2026-11-22T10:00:00Z")))
        .onHistoryLost(HistoryLostPolicy.restartNow())
        .onInvalidate(InvalidatePolicy.STOP)
        .readPreference(ReadPreference.secondaryPreferred())
        .maxAwaitTime(Duration.ofSeconds(1))
        .listener(
            new MongoListener() {
              @Override
              public void onHistoryLost(HistoryLost lost) {
                System.err.println("not delivered: " + lost.gap());
              }
            })
        .build();
  }
  // end::options
}
