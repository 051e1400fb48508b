package dev.perennial.testkit;

/**
 * A run of a {@link VirtualRuntime} failed: an actor threw (its error is the cause), all actors
 * waited for each other, or a limit was passed. The message names the seed that brings the same run
 * about again.
 */
public final class ActorFailure extends AssertionError {

  private static final long serialVersionUID = 1;

  ActorFailure(String message, Throwable cause) {
    super(message, cause);
  }

  ActorFailure(String message) {
    super(message);
  }
}
