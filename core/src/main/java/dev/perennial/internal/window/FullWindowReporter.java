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

  /** Long enough for a slow handler, short enough to be reported before somebody asks. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private sealed interface State {}

  private record Free() implements State {}

  private record Full(long since, Deadline tell) implements State {}

  private record Told(long since) implements State {}

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
      state = new Full(runtime.nanoTime(), Deadline.in(PATIENCE, runtime));
    }
    if (state instanceof Full full && full.tell.isOver()) {
      state = new Told(full.since);
      observer.windowFull(window.unacked(), window.oldestUnacked());
    }
    return state instanceof Full full ? full.tell.remaining() : PATIENCE;
  }

  /** Notes that the window has room. */
  public void free() {
    if (state instanceof Told told) {
      observer.windowFree(Duration.ofNanos(runtime.nanoTime() - told.since));
    }
    if (!(state instanceof Free)) {
      state = new Free();
    }
  }
}
