package dev.perennial.examples.mongo;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.checkpoint.file.FileCheckpointStore;
import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.port.CheckpointStore;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSource;
import java.nio.file.Path;

/** Opens the same stream with a checkpoint in files or in Redis. */
final class SameStream {

  private SameStream() {}

  static EventStream<ChangeEvent> open(MongoSource orders, CheckpointStore checkpoints) {
    return EventStream.from(orders, Checkpoints.in(checkpoints, "orders")).open();
  }

  static CheckpointStore inFiles(Path folder) {
    // tag::file
    CheckpointStore checkpoints = FileCheckpointStore.in(folder);
    // end::file
    return checkpoints;
  }

  static CheckpointStore inRedis(String redis) {
    // tag::redis
    CheckpointStore checkpoints = RedisCheckpointStore.at(redis);
    // end::redis
    return checkpoints;
  }
}
