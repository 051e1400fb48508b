package dev.perennial.testkit.simulation;

/** An invariant did not hold. */
final class Violation extends AssertionError {

  private static final long serialVersionUID = 1;

  Violation(String message) {
    super(message);
  }
}
