package dev.perennial.cli.tail;

import dev.perennial.cli.checkpoint.CheckpointLocation;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A store that delegates to another one and records the outcome of each claim, because a stream in
 * {@code CLAIMING} does not report whether it waits for another stream or for the store. Does not
 * close the other store.
 */
final class ClaimReportingStore implements CheckpointStore {

  /** The outcome of the last claim. */
  private enum ClaimState {
    NO_ANSWER,
    HELD_BY_OTHER,
    HELD
  }

  private final CheckpointStore store;
  private final CheckpointLocation location;
  private final String streamId;
  private final Consumer<String> messages;
  private volatile ClaimState claim = ClaimState.NO_ANSWER;
  private volatile Optional<CheckpointException> storeError = Optional.empty();

  /**
   * @param location the location of the store
   * @param streamId the stream whose checkpoint is claimed
   * @param messages receives a line if another stream holds the claim
   */
  ClaimReportingStore(
      CheckpointStore store,
      CheckpointLocation location,
      String streamId,
      Consumer<String> messages) {
    this.store = store;
    this.location = location;
    this.streamId = streamId;
    this.messages = messages;
  }

  @Override
  public Optional<CheckpointClaim> tryClaim(String id, Consumer<CheckpointException> lost)
      throws CheckpointException {
    Optional<CheckpointClaim> claimed;
    try {
      claimed = store.tryClaim(id, lost);
    } catch (CheckpointException e) {
      storeError = Optional.of(e);
      throw e;
    }
    storeError = Optional.empty();
    if (claimed.isEmpty() && claim != ClaimState.HELD_BY_OTHER) {
      messages.accept("waiting for the claim on " + checkpoint() + ", which another stream holds");
    }
    claim = claimed.isPresent() ? ClaimState.HELD : ClaimState.HELD_BY_OTHER;
    return claimed;
  }

  /** Explains why the stream has no claim after the timeout, and what to do. */
  String explain(Duration timeout) {
    String waited = timeout.toSeconds() + " s";
    if (claim != ClaimState.HELD_BY_OTHER) {
      return "Cannot claim "
          + checkpoint()
          + ": no answer within "
          + waited
          + (location.isRedis()
              ? ". Check that Redis runs there and that redis:// (or, with TLS, rediss://) is right"
              : ". Check that the file system responds")
          + ", or wait longer with --wait SECONDS.";
    }
    return storeError
        .map(error ->
            "Cannot claim "
                + checkpoint()
                + ": another stream held it, and then the store failed. "
                + error.getMessage())
        .orElseGet(() ->
            "Cannot claim "
                + checkpoint()
                + " within "
                + waited
                + ": another stream holds it. Stop that stream, use another --stream-id, or wait longer"
                + " with --wait SECONDS.");
  }

  private String checkpoint() {
    return "checkpoint \"" + streamId + "\" in " + location;
  }
}
