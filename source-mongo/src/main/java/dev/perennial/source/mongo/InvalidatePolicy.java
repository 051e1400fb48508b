package dev.perennial.source.mongo;

/**
 * What to do when the server ends a change stream because what it watches was dropped or renamed.
 * The event that says so is delivered first, whatever the policy.
 */
public enum InvalidatePolicy {
  /** Goes on behind it: changes to a collection that is created anew are delivered. */
  REOPEN,
  /** The stream ends by intent. */
  STOP,
  /** The stream fails. */
  FAIL
}
