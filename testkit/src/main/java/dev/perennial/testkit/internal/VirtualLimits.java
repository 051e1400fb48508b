package dev.perennial.testkit.internal;

import java.time.Duration;

/**
 * The settings of a run and the limits after which it fails.
 *
 * @param steps the most scheduling points
 * @param time the most virtual time
 * @param realTime the most real time between two scheduling points
 * @param switchOneIn at one in how many scheduling points the turn passes to another thread; zero
 *     lets the seed decide
 * @param stepTime the most virtual time that a scheduling point takes
 * @param recordTrace whether each step is recorded
 */
public record VirtualLimits(
    long steps,
    Duration time,
    Duration realTime,
    int switchOneIn,
    Duration stepTime,
    boolean recordTrace) {

  static final VirtualLimits DEFAULTS =
      new VirtualLimits(
          2_000_000, Duration.ofDays(30), Duration.ofSeconds(30), 0, Duration.ZERO, false);

  public VirtualLimits withMost(long steps, Duration time) {
    if (steps < 1 || time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException(
          "Cannot limit a run to %d steps and %s: both must be over zero."
              .formatted(steps, VirtualClock.text(time)));
    }
    return new VirtualLimits(steps, time, realTime, switchOneIn, stepTime, recordTrace);
  }

  public VirtualLimits withRealTime(Duration longest) {
    if (longest.isNegative() || longest.isZero()) {
      throw new IllegalArgumentException(
          "Cannot limit real time to %s: it must be over zero."
              .formatted(VirtualClock.text(longest)));
    }
    return new VirtualLimits(steps, time, longest, switchOneIn, stepTime, recordTrace);
  }

  public VirtualLimits withSwitchOneIn(int calls) {
    if (calls < 1) {
      throw new IllegalArgumentException(
          "Cannot switch threads at one in " + calls + " calls: the minimum is 1.");
    }
    return new VirtualLimits(steps, time, realTime, calls, stepTime, recordTrace);
  }

  public VirtualLimits withStepTime(Duration longest) {
    if (longest.isNegative()) {
      throw new IllegalArgumentException(
          "Cannot let a step take %s: a time must not be negative."
              .formatted(VirtualClock.text(longest)));
    }
    return new VirtualLimits(steps, time, realTime, switchOneIn, longest, recordTrace);
  }

  public VirtualLimits withTrace() {
    return new VirtualLimits(steps, time, realTime, switchOneIn, stepTime, true);
  }
}
