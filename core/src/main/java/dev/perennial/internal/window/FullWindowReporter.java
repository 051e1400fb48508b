package dev.perennial.internal.window;

import dev.perennial.StreamListener;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Reports when the window has been full for long, and when it has room again. Called only by the
 * pulling thread.
 */
public final class FullWindowReporter {

  /** Long enough for a slow handler, short enough that users learn of a blocked one soon. */
  private static final Duration REPORT_AFTER = Duration.ofSeconds(10);

  /** How many events the report describes. */
  private static final int DESCRIBED = 10;

  private record WindowFull(
      int unacked,
      Optional<Position> oldestUnacked,
      List<StreamListener.UnackedEvent> oldest,
      int nacked)
      implements StreamListener.WindowFull {}

  private record UnackedEvent(
      Position position,
      Optional<Object> key,
      Duration age,
      int attempt,
      Optional<Throwable> lastError)
      implements StreamListener.UnackedEvent {}

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
      observer.windowFull(report());
    }
    return state instanceof Full full ? full.reportAt.remaining() : REPORT_AFTER;
  }

  private WindowFull report() {
    long now = runtime.nanoTime();
    List<StreamListener.UnackedEvent> oldest =
        window
            .allUnacked()
            .sorted(Comparator.comparingLong(unacked -> unacked.delivery().sequence()))
            .limit(DESCRIBED)
            .map(unacked -> described(unacked.delivery(), now - unacked.receivedAt()))
            .toList();
    return new WindowFull(
        window.unacked(),
        oldest.stream().findFirst().map(StreamListener.UnackedEvent::position),
        oldest,
        window.allNacked().size());
  }

  private static StreamListener.UnackedEvent described(TrackedDelivery<?> delivery, long age) {
    return new UnackedEvent(
        delivery.position(),
        Optional.ofNullable(delivery.key()),
        Duration.ofNanos(age),
        delivery.attempt(),
        delivery.lastError());
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
