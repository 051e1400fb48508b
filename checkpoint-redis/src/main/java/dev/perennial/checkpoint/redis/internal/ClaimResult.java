package dev.perennial.checkpoint.redis.internal;

/** What came of a try to claim a hash. */
public sealed interface ClaimResult {

  /** The claim is ours. */
  record Claimed(ClaimedHash hash) implements ClaimResult {}

  /** Somebody else has it. */
  record Held(boolean hasCheckpoint) implements ClaimResult {}

  /** There was a checkpoint, and it is gone although nobody has deleted it. */
  record Vanished() implements ClaimResult {}
}
