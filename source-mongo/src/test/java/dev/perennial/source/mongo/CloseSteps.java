package dev.perennial.source.mongo;

import org.jspecify.annotations.Nullable;

/** Takes every step, whatever becomes of the ones before, and says at the end what failed. */
final class CloseSteps {

  private @Nullable Throwable first;

  CloseSteps then(AutoCloseable step) {
    try {
      step.close();
    } catch (Exception | AssertionError e) {
      if (first == null) {
        first = e;
      } else if (first != e) {
        first.addSuppressed(e);
      }
    }
    return this;
  }

  void end() throws Exception {
    if (first instanceof Exception e) {
      throw e;
    }
    if (first != null) {
      throw (AssertionError) first;
    }
  }
}
