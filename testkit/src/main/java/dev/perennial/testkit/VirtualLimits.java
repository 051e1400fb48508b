package dev.perennial.testkit;

import java.time.Duration;

/**
 * How a run is made and when it has gone on for too long.
 *
 * @param steps most scheduling points
 * @param time most virtual time
 * @param realTime most real time between two scheduling points
 * @param switchOneIn how often another actor gets the baton though the one that has it could go on;
 *     zero lets the seed say
 * @param stepTime most virtual time that a scheduling point takes
 * @param recordTrace whether each step is kept
 */
record VirtualLimits(
    long steps,
    Duration time,
    Duration realTime,
    int switchOneIn,
    Duration stepTime,
    boolean recordTrace) {

  static final VirtualLimits DEFAULTS =
      new VirtualLimits(
          2_000_000, Duration.ofDays(30), Duration.ofSeconds(30), 0, Duration.ZERO, false);

  VirtualLimits withMost(long steps, Duration time) {
    if (steps < 1 || time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException(
          "limits must be over zero, but are " + steps + " steps and " + time);
    }
    return new VirtualLimits(steps, time, realTime, switchOneIn, stepTime, recordTrace);
  }

  VirtualLimits withRealTime(Duration longest) {
    if (longest.isNegative() || longest.isZero()) {
      throw new IllegalArgumentException(
          "the limit of real time must be over zero, but is " + longest);
    }
    return new VirtualLimits(steps, time, longest, switchOneIn, stepTime, recordTrace);
  }

  VirtualLimits withSwitchOneIn(int calls) {
    if (calls < 1) {
      throw new IllegalArgumentException("switchOneIn() needs at least 1, but got " + calls);
    }
    return new VirtualLimits(steps, time, realTime, calls, stepTime, recordTrace);
  }

  VirtualLimits withStepTime(Duration longest) {
    if (longest.isNegative()) {
      throw new IllegalArgumentException("a step's time must not be negative, but is " + longest);
    }
    return new VirtualLimits(steps, time, realTime, switchOneIn, longest, recordTrace);
  }

  VirtualLimits withTrace() {
    return new VirtualLimits(steps, time, realTime, switchOneIn, stepTime, true);
  }
}
