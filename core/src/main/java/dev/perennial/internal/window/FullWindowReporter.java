package dev.perennial.internal.window;

import dev.perennial.StreamListener;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.Optional;

/**
 * Reports when the window has been full for long, and when it has room again. Called only by the
 * pulling thread.
 */
public final class FullWindowReporter {

  /** Long enough for a slow handler, short enough that users learn of a blocked one soon. */
  private static final Duration REPORT_AFTER = Duration.ofSeconds(10);

  private record WindowFull(
      int unacked,
      Optional<Position> oldestUnacked,
      Optional<Object> oldestKey,
      Optional<Duration> oldestAge,
      int oldestAttempt,
      Optional<Throwable> oldestError,
      int nacked)
      implements StreamListener.WindowFull {}

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
      report();
    }
    return state instanceof Full full ? full.reportAt.remaining() : REPORT_AFTER;
  }

  private void report() {
    Optional<? extends TrackedDelivery<?>> oldest = window.oldestUnacked();
    Optional<Object> key = oldest.map(TrackedDelivery::key);
    Optional<Duration> age =
        oldest.map(delivery -> Duration.ofNanos(runtime.nanoTime() - delivery.receivedAt()));
    WindowFull full =
        new WindowFull(
            window.unacked(),
            oldest.map(TrackedDelivery::position),
            key,
            age,
            oldest.map(TrackedDelivery::attempt).orElse(0),
            oldest.flatMap(TrackedDelivery::lastError),
            window.allNacked().size());
    observer.windowFull(full, oldest.map(delivery -> describe(delivery, age)).orElse("(none)"));
  }

  private static String describe(TrackedDelivery<?> delivery, Optional<Duration> age) {
    return "at "
        + delivery.position()
        + (delivery.key() == null ? "" : " with key \"" + delivery.key() + "\"")
        + age.map(time -> ", received " + LogText.duration(time) + " ago").orElse("")
        + ", at attempt "
        + delivery.attempt()
        + delivery.lastError().map(error -> ", last error: " + LogText.reason(error)).orElse("");
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
