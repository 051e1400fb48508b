package dev.perennial;

import static java.util.Objects.requireNonNull;

import dev.perennial.internal.handling.HandlingOptions;
import dev.perennial.internal.handling.HandlingOptions.End;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How {@link EventStream#consume} and {@link EventStream#consumeBatches} call a handler: in which
 * order, how many at once, and what follows when it throws. Immutable: each method returns a new
 * object.
 *
 * <p>What a handler throws is a failed delivery attempt. By default one failed attempt stops the
 * stream. An interrupt of the handler's thread is no failure: the event comes again. An {@link
 * Error} other than an {@link AssertionError}, a {@link StackOverflowError} or a {@link
 * LinkageError} stops the stream at once, whatever is set here.
 *
 * @param <E> the type of the events
 */
public final class Handling<E> {

  private final HandlingOptions<E> options;

  private Handling(HandlingOptions<E> options) {
    this.options = options;
  }

  /**
   * One event at a time, on the thread that called {@code consume}, in the order of arrival. An
   * event that is retried or nacked holds up all later ones.
   */
  public static <E> Handling<E> inOrder() {
    return new Handling<>(HandlingOptions.inOrder());
  }

  /**
   * Several events at once, but one at a time of each key, in the order of arrival. An event that
   * is retried or nacked holds up the later ones of its key, and no others until the window is
   * full.
   *
   * @param key returns the key of an event, with {@code equals} and {@code hashCode}; null for an
   *     event that needs no order. Called once per event, on the thread that called {@code
   *     consume}; what it throws counts as thrown by the handler
   * @param handlers how many handlers run at once at most, at least 1
   */
  public static <E> Handling<E> inOrderPerKey(
      Function<? super E, ? extends @Nullable Object> key, int handlers) {
    requireNonNull(key, "inOrderPerKey() needs a function that returns the key of an event.");
    return new Handling<>(
        HandlingOptions.concurrent(Optional.of(key), positive(handlers, "inOrderPerKey()")));
  }

  /**
   * Several events at once, in no order.
   *
   * @param handlers how many handlers run at once at most, at least 1
   */
  public static <E> Handling<E> unordered(int handlers) {
    return new Handling<>(
        HandlingOptions.concurrent(Optional.empty(), positive(handlers, "unordered()")));
  }

  /**
   * Retries a failed attempt after a wait, which holds no thread, except with {@link #inOrder()}.
   * The default is one attempt.
   *
   * @param backoff the wait after each failed attempt
   * @param attempts how many attempts in all, at least 1; one that an interrupt or a nack has ended
   *     does not count
   */
  public Handling<E> retry(BackoffPolicy backoff, int attempts) {
    return new Handling<>(
        options.withRetry(
            requireNonNull(backoff, "retry() needs a backoff policy."),
            OptionalInt.of(positive(attempts, "retry()"))));
  }

  /** Retries failed attempts after a wait, as {@link #retry(BackoffPolicy, int)} without an end. */
  public Handling<E> retryForever(BackoffPolicy backoff) {
    return new Handling<>(
        options.withRetry(
            requireNonNull(backoff, "retryForever() needs a backoff policy."),
            OptionalInt.empty()));
  }

  /**
   * Sets which errors a retry can help; the others count as that of the last attempt. What the
   * predicate throws stops the stream, and so does what the backoff policy throws.
   */
  public Handling<E> retryIf(Predicate<? super Throwable> retryable) {
    return new Handling<>(
        options.withRetryIf(requireNonNull(retryable, "retryIf() needs a predicate.")));
  }

  /**
   * Fails the stream after the last attempt, with {@link StreamFailedException.Reason#HANDLER}. The
   * default. No further handler begins; those that run may finish, and their acks count for {@link
   * EventStream#DEFAULT_CLOSE_TIMEOUT}.
   */
  public Handling<E> thenStop() {
    return new Handling<>(options.withEnd(new End.Stop<>()));
  }

  /** Acks the event after the last attempt, logs it, and continues. */
  public Handling<E> thenSkip() {
    return new Handling<>(options.withEnd(new End.Skip<>()));
  }

  /**
   * Gives the event to a sink after the last attempt, and acks it when the sink has accepted it. A
   * sink that throws gets the event again and again, with the waits of the retry's backoff, from
   * 200 ms to 30 s by default.
   */
  public Handling<E> thenDeadLetter(DeadLetterSink<E> sink) {
    return new Handling<>(
        options.withEnd(
            new End.DeadLetter<>(requireNonNull(sink, "thenDeadLetter() needs a sink."))));
  }

  /**
   * Gives the later events of a key to the sink too, in order and unhandled, once one event of the
   * key is a dead letter, until {@link EventStream#releaseKey}. Without it, they are handled. The
   * stream keeps the keys in memory, at most 100,000; one more fails it. Needs {@link
   * #inOrderPerKey} and {@link #thenDeadLetter}.
   */
  public Handling<E> quarantineKey() {
    return new Handling<>(options.withQuarantine());
  }

  /**
   * Sets what runs the handlers that run at once. The default is virtual threads if the JVM has
   * them, otherwise the threads of the stream's runtime. The stream does not close it. With fewer
   * threads than handlers, fewer run at once.
   */
  public Handling<E> executor(Executor executor) {
    return new Handling<>(
        options.withExecutor(requireNonNull(executor, "executor() needs an executor.")));
  }

  /**
   * Sets after how long a running handler is reported to {@link StreamListener#onHandlerSlow}. The
   * default is 30 s. The report comes up to a sixth later.
   */
  public Handling<E> slowAfter(Duration time) {
    if (time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException(
          "slowAfter() needs a time over zero, but got " + LogText.duration(time) + ".");
    }
    return new Handling<>(options.withSlowAfter(time));
  }

  /** Returns what the engine needs. */
  HandlingOptions<E> options() {
    return options.checked();
  }

  private static int positive(int number, String method) {
    if (number < 1) {
      throw new IllegalArgumentException(method + " needs at least 1, but got " + number + ".");
    }
    return number;
  }

  @Override
  public String toString() {
    return "Handling[" + options.order() + "]";
  }
}
