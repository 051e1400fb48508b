package dev.perennial.checkpoint.redis;

/** What came of a try to claim a hash. */
sealed interface Claiming {

  /** The claim is ours. */
  record Claimed(ClaimedHash hash) implements Claiming {}

  /** Somebody else has it. */
  record Held(boolean hasCheckpoint) implements Claiming {}

  /** There was a checkpoint, and it is gone although nobody has deleted it. */
  record Vanished() implements Claiming {}
}
