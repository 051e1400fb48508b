package dev.perennial.source.mongo.internal.event;

/** The error for bytes that are not valid BSON or not the expected BSON. */
final class CorruptBsonException extends Exception {

  private static final long serialVersionUID = 1;

  private final String problem;

  /**
   * @param problem what is wrong, and where, in one clause
   */
  CorruptBsonException(String problem) {
    super("Cannot decode an event: " + problem + ".");
    this.problem = problem;
  }

  /** Returns what is wrong, in one clause. */
  String problem() {
    return problem;
  }
}
