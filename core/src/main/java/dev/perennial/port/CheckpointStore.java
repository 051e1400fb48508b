package dev.perennial.port;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * A store of checkpoints, one for each stream id, which one stream at a time can claim. Safe for
 * use from any thread.
 *
 * <p>A stream calls its store on threads that may block and are never interrupted. It never closes
 * the store: the application does, after the streams that use it.
 */
public interface CheckpointStore extends AutoCloseable {

  /**
   * Tries once to claim a stream's checkpoint, without waiting for its owner. At most one claim on
   * a stream's checkpoint is held at a time.
   *
   * @param streamId the id of the stream; any text that is not empty
   * @param lost called at most once, on any thread, if the store itself finds that the claim is
   *     lost, with an exception with reason {@link CheckpointException.Reason#CLAIM_LOST
   *     CLAIM_LOST} that names the new owner if it is known; a call of the claim that finds it
   *     throws that exception instead
   * @return the claim, or empty if another stream holds it
   * @throws CheckpointException if the store cannot be used
   */
  Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException;

  /**
   * Returns the administration of this store's checkpoints, or empty if the store has none, which
   * is the default. Tools need it; streams do not use it.
   */
  default Optional<CheckpointAdmin> admin() {
    return Optional.empty();
  }

  /**
   * Releases what the store holds, such as connections. By default it does nothing. Idempotent.
   *
   * <p>The application calls it after it has closed the streams that use the store. If the store is
   * unusable from then on, all its methods, and those of its claims and its administration, throw
   * an exception with reason {@link CheckpointException.Reason#CLOSED CLOSED} at once, which ends a
   * stream that is still open. Only {@link CheckpointClaim#close} does what it still can.
   */
  @Override
  default void close() {}

  /**
   * Makes a store of two functions, for example over a table that the application already has. Its
   * claims exclude only other streams of this object: another process can use the same checkpoint.
   * It has no {@link #admin() administration}.
   */
  static CheckpointStore of(Load load, Save save) {
    return new FunctionStore(load, save);
  }

  /** A function that loads a stream's checkpoint. */
  @FunctionalInterface
  interface Load {
    /**
     * Loads a checkpoint.
     *
     * @return the last saved checkpoint, or empty if there is none
     * @throws Exception if the checkpoint cannot be loaded. The reason of a {@link
     *     CheckpointException} says what the stream does; any other exception counts as {@link
     *     CheckpointException.Reason#UNAVAILABLE UNAVAILABLE}
     */
    Optional<Checkpoint> load(String streamId) throws Exception;
  }

  /** A function that saves a stream's checkpoint. */
  @FunctionalInterface
  interface Save {
    /**
     * Saves a checkpoint durably, in place of the last one.
     *
     * @throws Exception if the checkpoint cannot be saved. The reason of a {@link
     *     CheckpointException} says what the stream does; any other exception counts as {@link
     *     CheckpointException.Reason#UNAVAILABLE UNAVAILABLE}, and the stream retries
     */
    void save(String streamId, Checkpoint checkpoint) throws Exception;
  }
}
