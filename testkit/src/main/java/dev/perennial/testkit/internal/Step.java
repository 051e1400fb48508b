package dev.perennial.testkit.internal;

/** A scheduling point: a place where another thread may get the turn. */
public enum Step {
  AWAIT(1),
  WOKEN(2),
  RAISE(3),
  EXECUTE(4),
  SCHEDULE(5),
  SPAWN(6),
  PAUSE(7),
  KILL(9),
  END(10);

  private final int code;

  Step(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
