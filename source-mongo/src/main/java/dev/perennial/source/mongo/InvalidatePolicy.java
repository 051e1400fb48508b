package dev.perennial.source.mongo;

/**
 * What a stream does when the server ends its change stream because what it watches was dropped or
 * renamed. With every policy the stream delivers the event that says so first.
 */
public enum InvalidatePolicy {
  /** The stream resumes after the event, on the next collection with the same name. */
  REOPEN,
  /** The stream is complete: its state becomes ENDED. */
  STOP,
  /** The stream fails. */
  FAIL
}
