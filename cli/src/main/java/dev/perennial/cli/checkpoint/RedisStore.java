package dev.perennial.cli.checkpoint;

import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.checkpoint.redis.RedisCheckpointStoreBuilder;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import java.util.List;
import java.util.Optional;

/** Checkpoints in Redis. */
final class RedisStore implements ManagedStore {

  private final RedisCheckpointStore store;

  RedisStore(RedisCheckpointStoreBuilder builder, Optional<String> prefix) {
    prefix.ifPresent(builder::prefix);
    this.store = builder.build();
  }

  @Override
  public CheckpointStore store() {
    return store;
  }

  @Override
  public List<String> streamIds() throws CheckpointException {
    return store.streamIds();
  }

  @Override
  public Optional<Checkpoint> load(String streamId) throws CheckpointException {
    return store.load(streamId);
  }

  @Override
  public boolean delete(String streamId) throws CheckpointException {
    return store.delete(streamId);
  }

  @Override
  public void close() {
    store.close();
  }
}
