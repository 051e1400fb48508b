package dev.perennial.testkit.internal;

/**
 * The error that unwinds a thread after its process was killed or its run is over. It is an Error
 * so that no code mistakes it for a failure of a source or a store.
 */
final class ThreadKilled extends Error {

  private static final long serialVersionUID = 1;

  ThreadKilled() {
    super("The process of this thread was killed, or its run is over.", null, false, false);
  }
}
