package dev.perennial.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What was done in which order: always as a number, and step by step on request. */
final class Trace {

  private static final int PRIME = 31;

  private final List<String> lines = new ArrayList<>();
  private boolean recording;
  private final AtomicLong steps = new AtomicLong();
  private long hash;

  void record() {
    recording = true;
  }

  void add(VirtualActor actor, Step step, long elapsed) {
    steps.lazySet(steps.getPlain() + 1);
    hash = ((hash * PRIME + actor.number) * PRIME + step.code()) * PRIME + elapsed;
    if (recording) {
      lines.add(Duration.ofNanos(elapsed) + " " + actor.name() + " " + step);
    }
  }

  /** Read by any thread. */
  long steps() {
    return steps.get();
  }

  long hash() {
    return hash;
  }

  List<String> lines() {
    return List.copyOf(lines);
  }
}
