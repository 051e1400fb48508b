package dev.perennial.cli.checkpoint;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import java.util.List;
import java.util.Optional;

/** A checkpoint store with the operations of the {@code checkpoint} commands. */
public interface ManagedStore extends AutoCloseable {

  /** Returns the store, for a stream. {@link #close()} closes it. */
  CheckpointStore store();

  /** Returns the ids of the streams that have a checkpoint. */
  List<String> streamIds() throws CheckpointException;

  /** Returns a stream's checkpoint without claiming it; empty if there is none. */
  Optional<Checkpoint> load(String streamId) throws CheckpointException;

  /**
   * Deletes a stream's checkpoint.
   *
   * @return whether there was one
   * @throws CheckpointException if the store cannot be reached, or a stream holds the claim
   */
  boolean delete(String streamId) throws CheckpointException;

  @Override
  void close();
}
