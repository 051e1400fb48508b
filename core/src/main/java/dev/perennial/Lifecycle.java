package dev.perennial;

import dev.perennial.StreamListener.Transition;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one state of a stream. The pulling thread moves it along; anybody may fail or close it, and
 * that wins and wakes the pulling thread.
 */
final class Lifecycle {

  private final Runnable wake;
  private final Observer observer;
  private final String keeps;
  private volatile StreamState state = StreamState.NEW;
  private volatile @Nullable Death death;

  /**
   * @param wake makes the pulling thread look again
   * @param keeps what a dead stream keeps until it is closed, for its errors; empty if nothing
   */
  Lifecycle(Runnable wake, Observer observer, String keeps) {
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
    throw new StreamClosedException("the " + observer.source() + " stream is closed");
  }

  /** Moves a stream that is alive. If it died or was closed meanwhile, says so instead. */
  void move(StreamState to) {
    move(to, null, 0, null, null);
  }

  void move(
      StreamState to,
      @Nullable Throwable cause,
      int attempt,
      @Nullable Duration delay,
      @Nullable Duration connectionAge) {
    StreamState from;
    synchronized (this) {
      from = state;
      if (!isOver(from)) {
        state = to;
      }
    }
    if (isOver(from)) {
      check();
      return;
    }
    changed(from, to, cause, attempt, delay, connectionAge);
  }

  /** Kills the stream, unless it is dead or being closed already. */
  boolean fail(Death cause) {
    Death why = noted(cause);
    StreamState from;
    synchronized (this) {
      from = state;
      if (isOver(from)) {
        return false;
      }
      death = why;
      state = StreamState.FAILED;
    }
    wake.run();
    observer.died(why);
    changed(from, StreamState.FAILED, why.cause(), why.attempts(), null, null);
    return true;
  }

  /** What a call that brought a death about throws, whether or not the stream died of it. */
  StreamException exceptionOf(Death cause) {
    return noted(cause).exception();
  }

  private Death noted(Death cause) {
    return cause.keeping(keeps);
  }

  /** Begins to close, once. */
  void beginClose() {
    StreamState from;
    synchronized (this) {
      from = state;
      if (isClosing()) {
        return;
      }
      state = StreamState.CLOSING;
    }
    wake.run();
    changed(from, StreamState.CLOSING, null, 0, null, null);
  }

  void closed() {
    synchronized (this) {
      state = StreamState.CLOSED;
    }
    wake.run();
    changed(StreamState.CLOSING, StreamState.CLOSED, null, 0, null, null);
  }

  private void changed(
      StreamState from,
      StreamState to,
      @Nullable Throwable cause,
      int attempt,
      @Nullable Duration delay,
      @Nullable Duration connectionAge) {
    observer.transition(
        new Transition(
            from,
            to,
            Optional.ofNullable(cause),
            attempt,
            Optional.ofNullable(delay),
            Optional.ofNullable(connectionAge)));
  }

  private static boolean isOver(StreamState state) {
    return state == StreamState.FAILED
        || state == StreamState.CLOSING
        || state == StreamState.CLOSED;
  }
}
