package dev.perennial.internal.stream;

import dev.perennial.StreamClosedException;
import dev.perennial.StreamListener.Transition;
import dev.perennial.StreamState;
import dev.perennial.port.StreamRuntime;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The one state of a stream. The pulling thread moves it along; anybody may fail or close it, and
 * that wins and wakes the pulling thread. The state changes also when there is no memory left to
 * tell anybody of it.
 */
public final class Lifecycle {

  private static final StateChange FAILED = StateChange.to(StreamState.FAILED);
  private static final StateChange CLOSING = StateChange.to(StreamState.CLOSING);
  private static final StateChange CLOSED = StateChange.to(StreamState.CLOSED);

  private final StreamSignal signal;
  private final StreamObserver observer;
  private final StreamRuntime runtime;
  private final Queue<Transition> untold = new ConcurrentLinkedQueue<>();
  private final AtomicInteger telling = new AtomicInteger();
  private volatile StreamState state = StreamState.NEW;
  private volatile @Nullable StreamFailure failure;
  private volatile Runnable failed = () -> {};

  public Lifecycle(StreamSignal signal, StreamObserver observer, StreamRuntime runtime) {
    this.signal = signal;
    this.observer = observer;
    this.runtime = runtime;
  }

  /**
   * Sets what is run once, after the stream has failed, by the thread that found it failed. Called
   * once, before the stream is used.
   */
  public void onFailure(Runnable failed) {
    this.failed = failed;
  }

  public StreamState state() {
    return state;
  }

  /** Whether the stream hands out nothing more, for whatever reason but the end of its source. */
  public boolean isOver() {
    return isOver(state);
  }

  public boolean isClosing() {
    StreamState now = state;
    return now == StreamState.CLOSING || now == StreamState.CLOSED;
  }

  public boolean isDead() {
    return state == StreamState.FAILED;
  }

  /** Tells the caller of a pull if the stream is dead or closed. */
  public void check() {
    if (isOver()) {
      throw overException();
    }
  }

  /** What a call on a stream that is over throws. */
  public RuntimeException overException() {
    StreamFailure why = failure;
    return isDead() && why != null ? why.exception() : closedException();
  }

  /** What a call on a closed stream throws; its cause is what the stream died of, if it did. */
  public StreamClosedException closedException() {
    StreamFailure why = failure;
    return new StreamClosedException(
        "the " + observer.stream() + " stream is closed", why == null ? null : why.exception());
  }

  /**
   * Tells what the stream died of, also when it is closed meanwhile: it must not look as if it had
   * come to its end only because of that.
   */
  public void throwIfDied() {
    StreamFailure why = failure;
    if (why != null) {
      throw why.exception();
    }
  }

  /** Moves a stream that is alive. If it died or was closed meanwhile, says so instead. */
  public void move(StateChange move) {
    synchronized (this) {
      if (!isOver()) {
        change(move);
      }
    }
    check();
    tell();
  }

  /** Kills the stream, unless it is dead or being closed already. */
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
      observer.died(cause);
    } catch (Throwable e) {
      // The next call says it.
    }
    tell();
    return true;
  }

  /**
   * Begins to close, once. Listeners are told on a thread of their own, because the caller has a
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
    tellAside();
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
    tellAside();
  }

  /** Waits until the listeners were told what happened, unless the caller is one of them. */
  public void awaitTold(Deadline deadline) {
    if (!observer.isInsideListener()) {
      UninterruptibleWait.await(signal, () -> untold.isEmpty() && telling.get() == 0, deadline);
    }
  }

  private static StateChange moveOf(StreamFailure death) {
    try {
      return StateChange.failed(death);
    } catch (Throwable e) {
      return FAILED;
    }
  }

  /** Under the lock, so that what is told later is in the order of what happened. */
  private void change(StateChange move) {
    StreamState from = state;
    state = move.to();
    try {
      untold.add(move.from(from));
    } catch (Throwable e) {
      // There is no memory to tell it; the state counts all the same.
    }
  }

  /** An error while waking a thread must not keep the others from hearing what happened. */
  private void wake() {
    try {
      signal.wake();
    } catch (Throwable e) {
      // Whoever waits looks again by itself, a little later.
    }
  }

  private void tellAside() {
    if (observer.hasListeners()) {
      BackgroundThread.run(this::tell, runtime);
    } else {
      tell();
    }
  }

  /** Tells what happened, outside the lock; one thread at a time does, for the others too. */
  private void tell() {
    if (telling.getAndIncrement() > 0) {
      return;
    }
    int seen;
    do {
      seen = telling.get();
      for (Transition next = untold.poll(); next != null; next = untold.poll()) {
        tell(next);
      }
    } while (!telling.compareAndSet(seen, 0));
    if (isClosing()) {
      wake();
    }
  }

  private void tell(Transition transition) {
    try {
      observer.transition(transition);
    } catch (Throwable e) {
      // An error while telling must not keep the transitions behind it from being told.
    }
  }

  private static boolean isOver(StreamState state) {
    return state == StreamState.FAILED
        || state == StreamState.CLOSING
        || state == StreamState.CLOSED;
  }
}
