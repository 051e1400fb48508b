package dev.perennial.testkit;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The failures, hangs and delays that a test requested of an {@link InMemoryCheckpointStore}. Safe
 * for use from any thread.
 */
final class StoreFaults {

  private final StreamRuntime runtime;
  private final StreamRuntime.Signal signal;
  // All guarded by this.
  private final Map<Call, ArrayDeque<CheckpointException>> failures = new EnumMap<>(Call.class);
  private final Map<Call, ArrayDeque<CheckpointException>> lateFailures = new EnumMap<>(Call.class);
  private final Map<Call, ArrayDeque<Duration>> delays = new EnumMap<>(Call.class);
  private final Map<Call, Integer> calls = new EnumMap<>(Call.class);
  private final Set<Call> hanging = EnumSet.noneOf(Call.class);
  private Duration takes = Duration.ZERO;

  StoreFaults(StreamRuntime runtime) {
    this.runtime = runtime;
    this.signal = runtime.newSignal();
  }

  synchronized void fail(Call call, int times, CheckpointException failure) {
    add(failures, call, times, failure);
  }

  synchronized void failAfterEffect(Call call, int times, CheckpointException failure) {
    add(lateFailures, call, times, failure);
  }

  synchronized void hang(Call call) {
    hanging.add(call);
  }

  synchronized void hang(Call call, Duration time) {
    add(delays, call, 1, time);
  }

  synchronized void takes(Duration time) {
    takes = time;
  }

  void release(Call call) {
    synchronized (this) {
      hanging.remove(call);
    }
    signal.raise();
  }

  void heal() {
    synchronized (this) {
      failures.clear();
      lateFailures.clear();
      delays.clear();
      hanging.clear();
      takes = Duration.ZERO;
    }
    signal.raise();
  }

  synchronized int calls(Call call) {
    return calls.getOrDefault(call, 0);
  }

  /** Applies the faults of a call before it takes effect. */
  void before(Call call) throws CheckpointException {
    Duration wait;
    @Nullable CheckpointException failure;
    synchronized (this) {
      calls.merge(call, 1, Integer::sum);
      Duration hang = next(delays, call);
      wait = hang == null ? takes : takes.plus(hang);
      failure = next(failures, call);
    }
    signal.raise(); // a scheduling point
    try {
      RuntimeWaits.sleep(runtime, wait);
      if (hangs(call)) {
        RuntimeWaits.hangUntil(signal, () -> !hangs(call));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CheckpointException.unavailable(
          "The stream interrupted a store call, which the port forbids.", e);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Applies the faults of a call after it took effect. */
  void after(Call call) throws CheckpointException {
    signal.raise(); // a scheduling point
    @Nullable CheckpointException failure;
    synchronized (this) {
      failure = next(lateFailures, call);
    }
    if (failure != null) {
      throw failure;
    }
  }

  private synchronized boolean hangs(Call call) {
    return hanging.contains(call);
  }

  private static <T> void add(Map<Call, ArrayDeque<T>> to, Call call, int times, T what) {
    ArrayDeque<T> queue = to.computeIfAbsent(call, c -> new ArrayDeque<>());
    for (int i = 0; i < times; i++) {
      queue.add(what);
    }
  }

  private static <T> @Nullable T next(Map<Call, ArrayDeque<T>> from, Call call) {
    ArrayDeque<T> queue = from.get(call);
    return queue == null ? null : queue.poll();
  }
}
