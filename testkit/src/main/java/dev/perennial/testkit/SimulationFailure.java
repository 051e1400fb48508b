package dev.perennial.testkit;

import org.jspecify.annotations.Nullable;

/**
 * The failure of a run of a {@link VirtualRuntime}: a simulated thread threw (its error is the
 * cause), all threads waited for each other, or a limit was exceeded. The message names the seed
 * that repeats the run.
 */
public final class SimulationFailure extends AssertionError {

  private static final long serialVersionUID = 1;

  SimulationFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
