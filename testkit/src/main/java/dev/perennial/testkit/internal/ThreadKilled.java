package dev.perennial.testkit.internal;

/**
 * The error that unwinds a thread whose process was killed or whose run is over. It is an Error so
 * that no code takes it for a failure of a source or a store.
 */
final class ThreadKilled extends Error {

  private static final long serialVersionUID = 1;

  ThreadKilled() {
    super("this thread's process was killed, or its run is over", null, false, false);
  }
}
