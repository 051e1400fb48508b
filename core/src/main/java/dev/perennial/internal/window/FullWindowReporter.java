package dev.perennial.internal.window;

import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;

/**
 * Reports when the window has been full for long, and when it has room again. Called only by the
 * pulling thread.
 */
public final class FullWindowReporter {

  /** Long enough for a slow handler, short enough that users learn of a blocked one soon. */
  private static final Duration REPORT_AFTER = Duration.ofSeconds(10);

  private sealed interface State {}

  private record Free() implements State {}

  private record Full(long since, Deadline reportAt) implements State {}

  private record Reported(long since) implements State {}

  private final Window<?, ?> window;
  private final StreamRuntime runtime;
  private final StreamObserver observer;
  private State state = new Free();

  public FullWindowReporter(Window<?, ?> window, StreamRuntime runtime, StreamObserver observer) {
    this.window = window;
    this.runtime = runtime;
    this.observer = observer;
  }

  /** Notes that the window is full. Returns how long to wait at most before the next call. */
  public Duration full() {
    if (state instanceof Free) {
      state = new Full(runtime.nanoTime(), Deadline.in(REPORT_AFTER, runtime));
    }
    if (state instanceof Full full && full.reportAt.isOver()) {
      state = new Reported(full.since);
      observer.windowFull(window.unacked(), window.oldestUnacked());
    }
    return state instanceof Full full ? full.reportAt.remaining() : REPORT_AFTER;
  }

  /** Notes that the window has room. */
  public void free() {
    if (state instanceof Reported reported) {
      observer.windowFree(Duration.ofNanos(runtime.nanoTime() - reported.since));
    }
    if (!(state instanceof Free)) {
      state = new Free();
    }
  }
}
