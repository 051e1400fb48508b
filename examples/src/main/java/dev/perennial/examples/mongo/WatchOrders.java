package dev.perennial.examples.mongo;

// tag::watch
import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.port.CheckpointStore;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;

public class WatchOrders {
  public static void main(String[] args) throws InterruptedException {
    MongoSource orders =
        MongoSource.builder("mongodb://localhost:27017")
            .watch(Scope.collection("shop", "orders"))
            .build();
    try (CheckpointStore checkpoints = RedisCheckpointStore.at("redis://localhost:6379");
        EventStream<ChangeEvent> stream =
            EventStream.from(orders, Checkpoints.in(checkpoints, "orders")).open()) {
      stream.consume(delivery -> System.out.println(delivery.event()));
    }
  }
}
// end::watch
