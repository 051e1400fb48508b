package dev.perennial.testkit;

/**
 * Unwinds an actor whose process was killed or whose run is over. An Error, so that nothing takes
 * it for a failure of a source or a store.
 */
final class ActorKilled extends Error {

  private static final long serialVersionUID = 1;

  ActorKilled() {
    super("this actor's process was killed, or its run is over", null, false, false);
  }
}
