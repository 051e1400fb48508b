package dev.perennial.testkit.simulation;

import dev.perennial.testkit.VirtualRuntime;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Checks of invariants that end the run at a violation, even in a callback whose exceptions the
 * engine catches.
 */
final class InvariantChecks {

  /** Enough lines to see the cause of a violation. */
  private static final int MOST_NOTES = 120;

  private final VirtualRuntime runtime;
  private final EventCounts counts = new EventCounts();
  private final ArrayDeque<String> notes = new ArrayDeque<>();

  /** The first violation; those after it may only follow from it. */
  private @Nullable Violation first;

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

  /** Records a step that the message of a violation shows. */
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

  /** Returns the last steps, one on each line. */
  String notes() {
    return String.join("\n", notes);
  }

  void require(boolean holds, String message, Object... values) {
    if (holds) {
      return;
    }
    if (first != null) {
      throw first;
    }
    Violation violation =
        new Violation(
            String.format(message, values)
                + ", after "
                + runtime.elapsed()
                + " in step "
                + runtime.steps());
    first = violation;
    runtime.spawn(
        "invariants",
        () -> {
          throw violation;
        });
    throw violation;
  }
}
