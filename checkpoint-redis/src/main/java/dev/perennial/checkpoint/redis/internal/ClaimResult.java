package dev.perennial.checkpoint.redis.internal;

/** The result of an attempt to claim a hash. */
public sealed interface ClaimResult {

  /** The claim succeeded. */
  record Claimed(ClaimedHash hash) implements ClaimResult {}

  /** Another stream owns the claim. */
  record Held(String owner, boolean hasCheckpoint) implements ClaimResult {}

  /** Redis has lost the checkpoint: it is gone although nobody deleted it. */
  record Vanished() implements ClaimResult {}
}
