package dev.perennial.port;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keeps one checkpoint for each stream id, and lets one stream at a time claim it. Safe for use
 * from any thread.
 *
 * <p>The stream calls a store on threads that may block and are never interrupted. It never closes
 * the store: whoever made it does, after the streams that use it.
 */
public interface CheckpointStore extends AutoCloseable {

  /**
   * Tries once to claim a stream's checkpoint, without waiting for who has it.
   *
   * @param streamId which checkpoint; any text that is not empty
   * @param lost told at most once, on any thread, of a claim that the store finds lost by itself,
   *     with an exception with reason {@link CheckpointException.Reason#CLAIM_LOST CLAIM_LOST} that
   *     says who has it now if that is known; a call of the claim that finds it lost throws the
   *     exception instead
   * @return the claimed claim, or empty if somebody else has it
   * @throws CheckpointException if the store cannot be used
   */
  Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException;

  /**
   * Gives back what the store holds, such as connections; does nothing unless the store says
   * otherwise. To be called after the streams that use the store are closed: if a store cannot be
   * used once it is closed, its calls and those of its claims throw an exception with reason {@link
   * CheckpointException.Reason#CLOSED CLOSED} from then on, at once, which ends a stream that is
   * still open. Only {@link CheckpointClaim#close} then does nothing more than it can. Idempotent.
   */
  @Override
  default void close() {}

  /**
   * Makes a store of two functions, for example over a table that the application has anyway. A
   * claim holds within this object only: nothing keeps another process from using the same
   * checkpoint.
   */
  static CheckpointStore of(Load load, Save save) {
    return new FunctionStore(load, save);
  }

  /** Loads a stream's checkpoint. */
  @FunctionalInterface
  interface Load {
    /**
     * The checkpoint saved last, or empty if there never was one.
     *
     * @throws Exception if it could not be loaded; retried unless it is a {@link
     *     CheckpointException} that says otherwise
     */
    Optional<Checkpoint> load(String streamId) throws Exception;
  }

  /** Saves a stream's checkpoint. */
  @FunctionalInterface
  interface Save {
    /**
     * Saves durably, in place of what was there.
     *
     * @throws Exception if it could not be saved; retried unless it is a {@link
     *     CheckpointException} that says otherwise
     */
    void save(String streamId, Checkpoint checkpoint) throws Exception;
  }
}
