package dev.perennial.cli.checkpoint;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import java.util.List;
import java.util.Optional;

/** A store of checkpoints, with what a person can do to it. */
public interface ManagedStore extends AutoCloseable {

  /** The store itself, for a stream. It is closed by {@link #close()}. */
  CheckpointStore store();

  /** The ids of the streams that have a checkpoint. */
  List<String> streamIds() throws CheckpointException;

  /** A stream's checkpoint, without a claim to it; empty if there is none. */
  Optional<Checkpoint> load(String streamId) throws CheckpointException;

  /**
   * Deletes a stream's checkpoint.
   *
   * @return whether there was one
   * @throws CheckpointException also if the stream runs
   */
  boolean delete(String streamId) throws CheckpointException;

  @Override
  void close();
}
