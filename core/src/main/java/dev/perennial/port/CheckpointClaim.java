package dev.perennial.port;

import java.util.Optional;

/** The exclusive right of one stream to its checkpoint. Used by one thread at a time. */
public interface CheckpointClaim extends AutoCloseable {

  /**
   * Loads the checkpoint.
   *
   * @return the last saved checkpoint, or empty if there is none
   * @throws CheckpointException with reason {@code CORRUPT} if what is stored is not a checkpoint,
   *     {@code CLAIM_LOST} if another stream has acquired the claim, or {@code UNAVAILABLE} if the
   *     store cannot be used now
   */
  Optional<Checkpoint> load() throws CheckpointException;

  /**
   * Saves a checkpoint in place of the last one. When this returns, the checkpoint is durable; if
   * it throws or the process dies, the store has the last checkpoint or this one, complete.
   *
   * @throws CheckpointException with reason {@code CLAIM_LOST} if another stream has acquired the
   *     claim, whose checkpoint this must not change, or {@code UNAVAILABLE} if the store cannot be
   *     used now
   */
  void save(Checkpoint checkpoint) throws CheckpointException;

  /**
   * Releases the claim, so that another stream can acquire it. Idempotent.
   *
   * @throws CheckpointException if the claim cannot be released; the stream logs it
   */
  @Override
  void close() throws CheckpointException;
}
