package dev.perennial.internal.stream;

import dev.perennial.StreamClosedException;
import dev.perennial.StreamException;
import dev.perennial.StreamListener.Transition;
import dev.perennial.StreamState;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of one stream. The pulling thread changes the state; any thread may fail or
 * close the stream, which takes precedence and wakes the pulling thread. The state changes even if
 * no memory is left to notify listeners.
 */
public final class Lifecycle {

  private static final StateChange FAILED = StateChange.to(StreamState.FAILED);
  private static final StateChange CLOSING = StateChange.to(StreamState.CLOSING);
  private static final StateChange CLOSED = StateChange.to(StreamState.CLOSED);

  private record Change(StreamState from, StateChange change, Optional<Duration> connectionAge)
      implements Transition {

    @Override
    public StreamState to() {
      return change.to();
    }

    @Override
    public Optional<Throwable> cause() {
      return change.cause();
    }

    @Override
    public int attempt() {
      return change.attempt();
    }

    @Override
    public Optional<Duration> delay() {
      return change.delay();
    }
  }

  private final StreamSignal signal;
  private final StreamObserver observer;
  private final StreamRuntime runtime;
  private final Queue<Transition> pending = new ConcurrentLinkedQueue<>();
  private final AtomicInteger notifying = new AtomicInteger();
  private volatile StreamState state = StreamState.NEW;

  /** When the state changed last; null if that is not known. Guarded by this. */
  private @Nullable Long changedAt;

  private volatile @Nullable StreamFailure failure;
  private volatile Runnable failed = () -> {};

  public Lifecycle(StreamSignal signal, StreamObserver observer, StreamRuntime runtime) {
    this.signal = signal;
    this.observer = observer;
    this.runtime = runtime;
  }

  /**
   * Sets what to run once after the stream has failed, on the thread that failed it. Called once,
   * before the stream is used.
   */
  public void onFailure(Runnable failed) {
    this.failed = failed;
  }

  public StreamState state() {
    return state;
  }

  /**
   * Returns whether the stream hands out nothing more, for any reason but the end of its source.
   */
  public boolean isOver() {
    return isOver(state);
  }

  public boolean isClosing() {
    StreamState now = state;
    return now == StreamState.CLOSING || now == StreamState.CLOSED;
  }

  public boolean hasFailed() {
    return state == StreamState.FAILED;
  }

  /** Throws if the stream has failed or is closed. */
  public void check() {
    if (isOver()) {
      throw overException();
    }
  }

  /** Returns the exception for a call on a stream that is over. */
  public StreamException overException() {
    StreamFailure why = failure;
    return hasFailed() && why != null ? why.exception() : closedException();
  }

  /**
   * Returns the exception for a call on a closed stream. Its cause is the failure of the stream, if
   * it had failed before.
   */
  public StreamClosedException closedException() {
    StreamFailure why = failure;
    return new StreamClosedException(
        "Cannot read from stream \"" + observer.stream() + "\": it is closed. Open a new stream.",
        why == null ? null : why.exception());
  }

  /**
   * Throws the failure of the stream, if it failed, even if it was closed since: a failure must not
   * look like the end of the source.
   */
  public void throwIfFailed() {
    StreamFailure why = failure;
    if (why != null) {
      throw why.exception();
    }
  }

  /**
   * Changes the state of a live stream. Throws if the stream has failed or was closed meanwhile.
   */
  public void move(StateChange move) {
    synchronized (this) {
      if (!isOver()) {
        change(move);
      }
    }
    check();
    notifyListeners();
  }

  /** Fails the stream, unless it has failed or is being closed already. */
  public boolean fail(StreamFailure cause) {
    synchronized (this) {
      if (isOver()) {
        return false;
      }
      failure = cause;
      change(moveOf(cause));
    }
    wake();
    failed.run();
    try {
      observer.failed(cause);
    } catch (Throwable e) {
      // The next call throws it.
    }
    notifyListeners();
    return true;
  }

  /**
   * Begins to close, once. Notifies the listeners on another thread, because the caller has a
   * deadline.
   */
  public void beginClose() {
    synchronized (this) {
      if (isClosing()) {
        return;
      }
      change(CLOSING);
    }
    wake();
    notifyInBackground();
  }

  /** Ends closing, once. */
  public void closed() {
    synchronized (this) {
      if (state == StreamState.CLOSED) {
        return;
      }
      change(CLOSED);
    }
    wake();
    notifyInBackground();
  }

  /** Waits until the listeners have been notified, unless the caller is one of them. */
  public void awaitNotified(Deadline deadline) {
    if (!observer.isInsideListener()) {
      UninterruptibleWait.await(signal, () -> pending.isEmpty() && notifying.get() == 0, deadline);
    }
  }

  private static StateChange moveOf(StreamFailure failure) {
    try {
      return StateChange.failed(failure);
    } catch (Throwable e) {
      return FAILED;
    }
  }

  /** Called under the lock, so that listeners are notified in the order of the changes. */
  private void change(StateChange move) {
    StreamState from = state;
    state = move.to();
    try {
      pending.add(new Change(from, move, endedConnectionAge(from)));
    } catch (Throwable e) {
      // Without memory no listener is notified, but the state has changed.
    }
  }

  /**
   * Returns how long a state had lasted, if it was that of a live connection. Empty also if there
   * is no memory for the time, because listeners are to learn of the change all the same.
   */
  private Optional<Duration> endedConnectionAge(StreamState from) {
    Long since = changedAt;
    changedAt = null;
    try {
      long now = runtime.nanoTime();
      changedAt = now;
      return from == StreamState.LIVE && since != null
          ? Optional.of(Duration.ofNanos(now - since))
          : Optional.empty();
    } catch (Throwable e) {
      return Optional.empty();
    }
  }

  /** Wakes the waiting threads. An error here must not keep the listeners from being notified. */
  private void wake() {
    try {
      signal.wake();
    } catch (Throwable e) {
      // A waiting thread checks the state again by itself.
    }
  }

  private void notifyInBackground() {
    if (observer.hasListeners()) {
      BackgroundThread.run(this::notifyListeners, runtime);
    } else {
      notifyListeners();
    }
  }

  /**
   * Notifies the listeners, outside the lock. One thread at a time does so, also for the others.
   */
  private void notifyListeners() {
    if (notifying.getAndIncrement() > 0) {
      return;
    }
    int seen;
    do {
      seen = notifying.get();
      for (Transition next = pending.poll(); next != null; next = pending.poll()) {
        notifyListeners(next);
      }
    } while (!notifying.compareAndSet(seen, 0));
    if (isClosing()) {
      wake();
    }
  }

  private void notifyListeners(Transition transition) {
    try {
      observer.transition(transition);
    } catch (Throwable e) {
      // An error in one notification must not prevent the next.
    }
  }

  private static boolean isOver(StreamState state) {
    return state == StreamState.FAILED
        || state == StreamState.CLOSING
        || state == StreamState.CLOSED;
  }
}
