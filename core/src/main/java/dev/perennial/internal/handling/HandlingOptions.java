package dev.perennial.internal.handling;

import dev.perennial.DeadLetterSink;
import dev.perennial.port.BackoffPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How handlers are called.
 *
 * @param handlers how many at once; empty for one after the other on the calling thread
 * @param key the key of an event; empty if events have none
 * @param backoff the wait after a failed attempt
 * @param attempts how many attempts in all; empty without an end
 * @param retryIf which errors a retry can help
 * @param end what follows the last attempt
 * @param quarantine whether the end of one event holds for the later ones of its key
 * @param executor what runs the handlers; empty for the runtime's threads
 * @param slowAfter how long a handler runs until it is reported
 */
public record HandlingOptions<E>(
    OptionalInt handlers,
    Optional<Function<? super E, ? extends @Nullable Object>> key,
    BackoffPolicy backoff,
    OptionalInt attempts,
    Predicate<? super Throwable> retryIf,
    End<E> end,
    boolean quarantine,
    Optional<Executor> executor,
    Duration slowAfter) {

  /** What follows the last attempt at an event. */
  public sealed interface End<E> {

    /** The stream fails. */
    record Stop<E>() implements End<E> {}

    /** The event is acked. */
    record Skip<E>() implements End<E> {}

    /** The sink gets the event, which is acked then. */
    record DeadLetter<E>(DeadLetterSink<E> sink) implements End<E> {}
  }

  private static final BackoffPolicy DEFAULT_BACKOFF =
      BackoffPolicy.exponential(Duration.ofMillis(200), Duration.ofSeconds(30));

  /** Longer than most calls of other systems may take, with their retries. */
  private static final Duration DEFAULT_SLOW_AFTER = Duration.ofSeconds(30);

  public static <E> HandlingOptions<E> inOrder() {
    return of(OptionalInt.empty(), Optional.empty());
  }

  public static <E> HandlingOptions<E> concurrent(
      Optional<Function<? super E, ? extends @Nullable Object>> key, int handlers) {
    return of(OptionalInt.of(handlers), key);
  }

  private static <E> HandlingOptions<E> of(
      OptionalInt handlers, Optional<Function<? super E, ? extends @Nullable Object>> key) {
    return new HandlingOptions<>(
        handlers,
        key,
        DEFAULT_BACKOFF,
        OptionalInt.of(1),
        error -> true,
        new End.Stop<>(),
        false,
        Optional.empty(),
        DEFAULT_SLOW_AFTER);
  }

  public HandlingOptions<E> withRetry(BackoffPolicy backoff, OptionalInt attempts) {
    return new HandlingOptions<>(
        handlers, key, backoff, attempts, retryIf, end, quarantine, executor, slowAfter);
  }

  public HandlingOptions<E> withRetryIf(Predicate<? super Throwable> retryIf) {
    return new HandlingOptions<>(
        handlers, key, backoff, attempts, retryIf, end, quarantine, executor, slowAfter);
  }

  public HandlingOptions<E> withEnd(End<E> end) {
    return new HandlingOptions<>(
        handlers, key, backoff, attempts, retryIf, end, quarantine, executor, slowAfter);
  }

  public HandlingOptions<E> withQuarantine() {
    return new HandlingOptions<>(
        handlers, key, backoff, attempts, retryIf, end, true, executor, slowAfter);
  }

  public HandlingOptions<E> withExecutor(Executor executor) {
    return new HandlingOptions<>(
        handlers,
        key,
        backoff,
        attempts,
        retryIf,
        end,
        quarantine,
        Optional.of(executor),
        slowAfter);
  }

  public HandlingOptions<E> withSlowAfter(Duration slowAfter) {
    return new HandlingOptions<>(
        handlers, key, backoff, attempts, retryIf, end, quarantine, executor, slowAfter);
  }

  /** Refuses options that contradict each other, which only the whole shows. */
  public HandlingOptions<E> checked() {
    if (quarantine && (key.isEmpty() || !(end instanceof End.DeadLetter))) {
      throw new IllegalArgumentException(
          "quarantineKey() needs keys and a dead letter sink. Use it with Handling.inOrderPerKey() and"
              + " thenDeadLetter().");
    }
    if (executor.isPresent() && handlers.isEmpty()) {
      throw new IllegalArgumentException(
          "executor() is for handlers that run at once, but inOrder() runs them on the calling thread. Leave it"
              + " out, or use Handling.inOrderPerKey() or unordered().");
    }
    return this;
  }

  /** Returns the order and the concurrency, for people. */
  public String order() {
    if (handlers.isEmpty()) {
      return "in order";
    }
    return (key.isPresent() ? "in order per key, " : "unordered, ")
        + handlers.getAsInt()
        + " at once";
  }

  /** Returns whether no attempt follows so many failed ones. */
  public boolean isLast(int failures) {
    return attempts.isPresent() && failures >= attempts.getAsInt();
  }
}
