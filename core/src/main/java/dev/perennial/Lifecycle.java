package dev.perennial;

import dev.perennial.StreamListener.Transition;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one state of a stream. The pulling thread moves it along; anybody may fail or close it, and
 * that wins and wakes the pulling thread.
 */
final class Lifecycle {

  private final Runnable wake;
  private final Observer observer;
  private final Supplier<String> keeps;
  private final Queue<Transition> untold = new ConcurrentLinkedQueue<>();
  private final AtomicInteger telling = new AtomicInteger();
  private volatile StreamState state = StreamState.NEW;
  private volatile @Nullable Death death;

  /**
   * @param wake makes the pulling thread look again
   * @param keeps what a dead stream keeps until it is closed, for its errors; empty if nothing
   */
  Lifecycle(Runnable wake, Observer observer, Supplier<String> keeps) {
    this.wake = wake;
    this.observer = observer;
    this.keeps = keeps;
  }

  StreamState state() {
    return state;
  }

  /** Whether the stream hands out nothing more, for whatever reason but the end of its source. */
  boolean isOver() {
    return isOver(state);
  }

  boolean isClosing() {
    StreamState now = state;
    return now == StreamState.CLOSING || now == StreamState.CLOSED;
  }

  /** Tells the caller of a pull if the stream is dead or closed. */
  void check() {
    StreamState now = state;
    if (!isOver(now)) {
      return;
    }
    Death why = death;
    if (now == StreamState.FAILED && why != null) {
      throw why.exception();
    }
    throw closedException();
  }

  /** What a call on a closed stream throws; its cause is what the stream died of, if it did. */
  StreamClosedException closedException() {
    Death why = death;
    return new StreamClosedException(
        "the " + observer.stream() + " stream is closed", why == null ? null : why.exception());
  }

  /**
   * Tells what the stream died of, also when it is closed meanwhile: it must not look as if it had
   * come to its end only because of that.
   */
  void throwIfDied() {
    Death why = death;
    if (why != null) {
      throw why.exception();
    }
  }

  /** Moves a stream that is alive. If it died or was closed meanwhile, says so instead. */
  void move(Move move) {
    synchronized (this) {
      if (!isOver()) {
        change(move);
      }
    }
    check();
    tell();
  }

  /** Kills the stream, unless it is dead or being closed already. */
  boolean fail(Death cause) {
    Death why = noted(cause);
    synchronized (this) {
      if (isOver()) {
        return false;
      }
      death = why;
      change(Move.failed(why));
    }
    wake.run();
    observer.died(why);
    tell();
    return true;
  }

  /** What a call that brought a death about throws, whether or not the stream died of it. */
  StreamException exceptionOf(Death cause) {
    return noted(cause).exception();
  }

  private Death noted(Death cause) {
    return cause.keeping(keeps.get());
  }

  /** Begins to close, once. */
  void beginClose() {
    synchronized (this) {
      if (isClosing()) {
        return;
      }
      change(Move.to(StreamState.CLOSING));
    }
    wake.run();
    tell();
  }

  void closed() {
    synchronized (this) {
      change(Move.to(StreamState.CLOSED));
    }
    wake.run();
    tell();
  }

  /** Under the lock, so that what is told later is in the order of what happened. */
  private void change(Move move) {
    untold.add(move.from(state));
    state = move.to();
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
        observer.transition(next);
      }
    } while (!telling.compareAndSet(seen, 0));
  }

  private static boolean isOver(StreamState state) {
    return state == StreamState.FAILED
        || state == StreamState.CLOSING
        || state == StreamState.CLOSED;
  }
}
