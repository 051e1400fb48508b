package dev.perennial.testkit;

/** Where another actor may get the baton. */
enum Step {
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
