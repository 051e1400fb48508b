package dev.perennial.port;

import java.util.Optional;

/** A stream's checkpoint, claimed. Used by one thread at a time. */
public interface CheckpointClaim extends AutoCloseable {

  /**
   * The checkpoint saved last, or empty if there never was one.
   *
   * @throws CheckpointException if it cannot be loaded
   */
  Optional<Checkpoint> load() throws CheckpointException;

  /**
   * Saves a checkpoint in place of the last. When it returns, the checkpoint is durable; when it
   * throws, the last one or this one is there, whole.
   *
   * @throws CheckpointException if it could not be saved
   */
  void save(Checkpoint checkpoint) throws CheckpointException;

  /**
   * Gives the claim up. Idempotent.
   *
   * @throws CheckpointException if that could not be done in order; it is logged
   */
  @Override
  void close() throws CheckpointException;
}
