package dev.perennial.testkit.simulation;

import dev.perennial.testkit.VirtualRuntime;
import java.util.ArrayDeque;

/**
 * Ends the run when an invariant does not hold, also where the engine would catch what a callback
 * throws.
 */
final class InvariantChecks {

  /** Enough to see how it came about. */
  private static final int MOST_NOTES = 120;

  private final VirtualRuntime runtime;
  private final EventCounts counts = new EventCounts();
  private final ArrayDeque<String> notes = new ArrayDeque<>();

  InvariantChecks(VirtualRuntime runtime) {
    this.runtime = runtime;
  }

  /** Counts what happened. */
  void count(String what) {
    counts.count(what);
  }

  EventCounts counts() {
    return counts;
  }

  /** Notes what happened, to be shown if an invariant turns out not to hold. */
  void note(String what, Object... values) {
    if (notes.size() == MOST_NOTES) {
      notes.removeFirst();
    }
    notes.addLast(
        runtime.elapsed()
            + " ["
            + Thread.currentThread().getName()
            + "] "
            + String.format(what, values));
  }

  /** What happened last, a line each. */
  String notes() {
    return String.join("\n", notes);
  }

  void require(boolean holds, String message, Object... values) {
    if (holds) {
      return;
    }
    Violation violation =
        new Violation(
            String.format(message, values)
                + ", after "
                + runtime.elapsed()
                + " in step "
                + runtime.steps());
    runtime.spawn(
        "invariants",
        () -> {
          throw violation;
        });
    throw violation;
  }
}
