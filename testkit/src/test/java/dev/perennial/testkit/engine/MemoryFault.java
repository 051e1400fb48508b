package dev.perennial.testkit.engine;

/** An {@link OutOfMemoryError} at one call of one kind, counted from when it is armed. */
final class MemoryFault {

  /** A kind of call that the engine makes. */
  enum Point {
    NANO_TIME,
    NOW,
    EXECUTE,
    SCHEDULE,
    CANCEL,
    RAISE,
    HASH,
    EQUALS,
    CLASSIFY,
    BACKOFF,
    LISTENER,
    SAVE,
    SAVED,
    RELEASE
  }

  /** A test with a fault. */
  interface Scenario {
    void run(MemoryFault fault) throws Exception;
  }

  private final Point point;
  private int left;
  private boolean armed;

  private MemoryFault(Point point, int call) {
    this.point = point;
    this.left = call;
  }

  /**
   * Runs a scenario with a fault at the first call of a kind, then at the second, and so on, until
   * there was no such call. Returns the number of runs.
   */
  static int atEachCall(Point point, int mostCalls, Scenario scenario) throws Exception {
    int call = 0;
    MemoryFault fault;
    do {
      fault = new MemoryFault(point, ++call);
      scenario.run(fault);
    } while (fault.left == 0 && call < mostCalls);
    return call;
  }

  /** Throws if this is the call. Called at each call of the given kind. */
  void at(Point here) {
    if (armed && here == point && left > 0 && --left == 0) {
      throw new OutOfMemoryError("thrown by this test at " + point);
    }
  }

  void arm() {
    armed = true;
  }

  void disarm() {
    armed = false;
  }
}
