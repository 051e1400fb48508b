package dev.perennial;

import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;

/**
 * Describes a stream. Every setting has a default. Not safe for use from several threads.
 *
 * @param <E> the type of the events
 */
public final class EventStreamBuilder<E> {

  EventStreamBuilder() {}

  /** How many deliveries may be handed out or waiting, not yet acked: 1,024 unless set, from 1 to 1,048,576. */
  public EventStreamBuilder<E> window(int deliveries) {
    return this;
  }

  /** When an event counts as done: {@link AckMode#EXPLICIT} unless set. */
  public EventStreamBuilder<E> acks(AckMode mode) {
    return this;
  }

  /** How long to wait between attempts to connect: as the source says unless set. */
  public EventStreamBuilder<E> backoff(BackoffPolicy policy) {
    return this;
  }

  /** How many attempts to connect may fail in a row before the stream dies: unlimited unless set, at least 1. */
  public EventStreamBuilder<E> maxAttempts(int attempts) {
    return this;
  }

  /**
   * How long a connection without an event must live to prove itself, so that attempts count from the beginning again:
   * 30 s unless set; zero trusts every connection.
   */
  public EventStreamBuilder<E> stableAfter(Duration age) {
    return this;
  }

  /**
   * How many acked positions to remember, so that a copy which the server sends late is not handed out: 65,536 or the
   * window, whichever is larger, unless set; at least the window. Server-tracked streams only.
   */
  public EventStreamBuilder<E> redeliveryMemory(int positions) {
    return this;
  }

  /** Is asked what an error means before the source's own classifier is. */
  public EventStreamBuilder<E> errors(ErrorClassifier classifier) {
    return this;
  }

  /** Observes the stream. Of several, each is told. */
  public EventStreamBuilder<E> listener(StreamListener listener) {
    return this;
  }

  /** Time, timers and threads: the system's unless set. For tests. */
  public EventStreamBuilder<E> runtime(StreamRuntime runtime) {
    return this;
  }

  /**
   * Opens the stream. Does no I/O: the first {@link EventStream#next()} does.
   *
   * @throws IllegalArgumentException if settings contradict each other
   */
  public EventStream<E> open() {
    throw new UnsupportedOperationException("not built yet");
  }
}
