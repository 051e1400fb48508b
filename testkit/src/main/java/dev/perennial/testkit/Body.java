package dev.perennial.testkit;

/** What an actor does. */
@FunctionalInterface
public interface Body {

  /**
   * Runs to its end on the actor's own thread.
   *
   * @throws Exception if the actor failed; it ends the whole run
   */
  void run() throws Exception;
}
