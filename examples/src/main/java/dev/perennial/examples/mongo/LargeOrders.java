package dev.perennial.examples.mongo;

import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import java.util.List;

/** Filters events on the server, so that only large orders cross the network. */
final class LargeOrders {

  private LargeOrders() {}

  // tag::match
  static MongoSource source(String mongo) {
    return MongoSource.builder(mongo)
        .watch(Scope.collection("shop", "orders"))
        .pipeline(
            List.of(
                Aggregates.match(
                    Filters.and(
                        Filters.eq("operationType", "insert"),
                        Filters.gte("fullDocument.total", 1_000)))))
        .build();
  }
  // end::match
}
