package dev.perennial.testkit.simulation;

/** The error for an invariant that does not hold. */
final class Violation extends AssertionError {

  private static final long serialVersionUID = 1;

  Violation(String message) {
    super(message);
  }
}
