package dev.perennial.port;

import java.util.List;
import java.util.Optional;

/**
 * The administration of a store's checkpoints, for tools and people: it lists, reads, replaces and
 * deletes them without a stream. Safe for use from any thread. It needs no close, and is usable as
 * long as its store.
 *
 * <p>All methods reject a stream id that the store cannot keep with an {@link
 * IllegalArgumentException}.
 */
public interface CheckpointAdmin {

  /**
   * Lists the ids of the streams that have a checkpoint, sorted. It reads no checkpoint and holds
   * all ids in memory, some bytes each. A checkpoint that is saved for the first time or deleted
   * meanwhile may be missing or listed.
   *
   * @return an unmodifiable list
   * @throws CheckpointException if the store cannot be used
   */
  List<String> streamIds() throws CheckpointException;

  /**
   * Loads a stream's checkpoint. Reading a checkpoint needs no claim and does not affect its owner.
   *
   * @return the last saved checkpoint, or empty if there is none
   * @throws CheckpointException if it cannot be loaded
   */
  Optional<Checkpoint> load(String streamId) throws CheckpointException;

  /**
   * Saves a checkpoint for a stream, in place of the last one or a corrupt one, so that the stream
   * resumes after it. When this returns, the checkpoint is durable; if it throws or the process
   * dies, the store has the last checkpoint or this one, complete.
   *
   * @throws CheckpointException with reason {@link CheckpointException.Reason#CLAIMED CLAIMED},
   *     without effect, if a stream holds the claim; or if the checkpoint cannot be saved
   */
  void put(String streamId, Checkpoint checkpoint) throws CheckpointException;

  /**
   * Deletes a stream's checkpoint, also a corrupt one, so that the stream begins at the start that
   * its source is configured with.
   *
   * @return whether there was a checkpoint
   * @throws CheckpointException with reason {@link CheckpointException.Reason#CLAIMED CLAIMED},
   *     without effect, if a stream holds the claim; or if the checkpoint cannot be deleted
   */
  boolean delete(String streamId) throws CheckpointException;
}
