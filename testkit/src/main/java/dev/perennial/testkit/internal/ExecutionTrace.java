package dev.perennial.testkit.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The record of the order of a run's steps: always as a hash, and step by step on request. */
public final class ExecutionTrace {

  private static final int PRIME = 31;

  private final List<String> lines = new ArrayList<>();
  private boolean recording;
  private final AtomicLong steps = new AtomicLong();
  private long hash;

  void record() {
    recording = true;
  }

  void add(ScheduledThread thread, Step step, long elapsed) {
    steps.lazySet(steps.getPlain() + 1);
    hash = ((hash * PRIME + thread.number) * PRIME + step.code()) * PRIME + elapsed;
    if (recording) {
      lines.add(VirtualClock.text(Duration.ofNanos(elapsed)) + " " + thread.name() + " " + step);
    }
  }

  /** Returns the number of steps. Can be called by any thread. */
  public long steps() {
    return steps.get();
  }

  public long hash() {
    return hash;
  }

  public List<String> lines() {
    return List.copyOf(lines);
  }
}
