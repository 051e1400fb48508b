package dev.perennial.cli.tail;

import dev.perennial.cli.checkpoint.CheckpointLocation;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.CheckpointStore;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Passes on to a store, and keeps what came of the tries for a claim: a stream tells nobody whether
 * it waits for another stream or for the store itself. Does not close the store.
 */
final class ClaimWatch implements CheckpointStore {

  /** What came of the last try. */
  private enum Claim {
    NO_ANSWER,
    ANOTHERS,
    OURS
  }

  private final CheckpointStore store;
  private final CheckpointLocation location;
  private final String streamId;
  private final Consumer<String> notes;
  private volatile Claim claim = Claim.NO_ANSWER;
  private volatile Optional<CheckpointException> trouble = Optional.empty();

  /**
   * @param location where the store is
   * @param streamId whose checkpoint
   * @param notes where to say that somebody else has it
   */
  ClaimWatch(
      CheckpointStore store, CheckpointLocation location, String streamId, Consumer<String> notes) {
    this.store = store;
    this.location = location;
    this.streamId = streamId;
    this.notes = notes;
  }

  @Override
  public Optional<CheckpointSlot> tryClaim(String id, Consumer<CheckpointException> lost)
      throws CheckpointException {
    Optional<CheckpointSlot> slot;
    try {
      slot = store.tryClaim(id, lost);
    } catch (CheckpointException e) {
      trouble = Optional.of(e);
      throw e;
    }
    trouble = Optional.empty();
    if (slot.isEmpty() && claim != Claim.ANOTHERS) {
      notes.accept("waiting for the claim on " + checkpoint() + ", which another stream has");
    }
    claim = slot.isPresent() ? Claim.OURS : Claim.ANOTHERS;
    return slot;
  }

  /** Why there is no checkpoint to begin with after so long, and what to do about it. */
  String why(Duration patience) {
    String waited = patience.toSeconds() + " s";
    if (claim != Claim.ANOTHERS) {
      return "no answer from "
          + location
          + " about "
          + checkpointName()
          + " within "
          + waited
          + (location.isRedis()
              ? "; does a Redis run there, and is redis:// (or, with TLS, rediss://) right?"
              : "; does the file system hang?")
          + " --wait SECONDS waits for longer";
    }
    return trouble
        .map(error ->
            "another stream had "
                + checkpoint()
                + ", and then the store could not be asked any more: "
                + error.getMessage())
        .orElseGet(() ->
            "another stream has "
                + checkpoint()
                + "; stop that one, take another --stream-id, or stand by for longer than "
                + waited
                + " with --wait SECONDS");
  }

  private String checkpoint() {
    return checkpointName() + " in " + location;
  }

  private String checkpointName() {
    return "the checkpoint \"" + streamId + '"';
  }
}
