package dev.perennial.checkpoint.redis;

import dev.perennial.checkpoint.redis.internal.Connector;
import dev.perennial.checkpoint.redis.internal.Keys;
import dev.perennial.checkpoint.redis.internal.LettuceSupport;
import dev.perennial.checkpoint.redis.internal.SharedConnection;
import dev.perennial.checkpoint.redis.internal.TroubleReporter;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A builder of {@link RedisCheckpointStore}s. Used by one thread. */
public final class RedisCheckpointStoreBuilder {

  private static final Duration DEFAULT_EXPIRY = Duration.ofSeconds(15);
  private static final Duration MIN_EXPIRY = Duration.ofSeconds(1);

  /** Above any use, and far below the largest number of milliseconds that the scripts can hold. */
  private static final Duration MAX_EXPIRY = Duration.ofDays(365);

  private static final Duration MAX_TIME_TO_LIVE = Duration.ofDays(36_500);
  private static final Duration MAX_DEFAULT_TIMEOUT = Duration.ofSeconds(5);

  /** With the default timeout, a renewal can fail and be retried within the expiry. */
  private static final int DEFAULT_TIMEOUTS_PER_EXPIRY = 3;

  private final ConnectorFactory connectors;
  private Keys keys = new Keys("perennial");
  private Duration claimExpiry = DEFAULT_EXPIRY;
  private @Nullable Duration commandTimeout;
  private @Nullable Duration timeToLive;
  private Consumer<CheckpointException> troubleListener = trouble -> {};
  private StreamRuntime runtime = StreamRuntime.system();

  /**
   * Makes a builder with all defaults.
   *
   * @throws IllegalStateException if Lettuce is too old
   */
  RedisCheckpointStoreBuilder(ConnectorFactory connectors) {
    LettuceSupport.requireVersion();
    this.connectors = connectors;
  }

  /**
   * Sets the prefix of all keys. Default: {@code perennial}, with which stream id "orders" has the
   * key {@code perennial:{orders}}.
   *
   * @throws IllegalArgumentException if it is empty or contains braces
   */
  public RedisCheckpointStoreBuilder prefix(String prefix) {
    keys = new Keys(prefix);
    return this;
  }

  /**
   * Sets how long after its last renewal a claim expires. Default: 15 s. The shorter it is, the
   * sooner another stream takes over from one that died, but also from one that only paused.
   *
   * @param expiry from 1 s to 365 days
   */
  public RedisCheckpointStoreBuilder claimExpiry(Duration expiry) {
    if (expiry.compareTo(MIN_EXPIRY) < 0 || expiry.compareTo(MAX_EXPIRY) > 0) {
      throw new IllegalArgumentException(
          "Cannot let a claim expire after %s: the expiry is at least %s and at most %s."
              .formatted(
                  LogText.duration(expiry),
                  LogText.duration(MIN_EXPIRY),
                  LogText.duration(MAX_EXPIRY)));
    }
    claimExpiry = expiry;
    return this;
  }

  /**
   * Sets how long Redis may take to answer. Default: the timeout in the address, or 5 s but at most
   * a third of the claim's expiry. A call that connects first, and sends a script that the server
   * does not know, can take four times as long.
   *
   * @param timeout over zero, and at most the claim's expiry: after a later answer the claim has
   *     expired
   */
  public RedisCheckpointStoreBuilder commandTimeout(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException(
          "Cannot use a command timeout of "
              + LogText.duration(timeout)
              + ": it must be over zero.");
    }
    commandTimeout = timeout;
    return this;
  }

  /**
   * Lets Redis delete a checkpoint this long after its last save or its claim's last renewal. Off
   * by default, because a stream that is stopped for longer loses its checkpoint and its position.
   *
   * @param timeToLive longer than the claim's expiry, and at most 36,500 days
   */
  public RedisCheckpointStoreBuilder timeToLive(Duration timeToLive) {
    this.timeToLive = Objects.requireNonNull(timeToLive, "timeToLive");
    return this;
  }

  /**
   * Sets the listener for problems that make no call fail: renewals that failed and are retried, a
   * claim that a renewal finds lost, and data that Redis had lost and the store restored. Log them
   * as warnings. Default: none.
   *
   * @param listener called on any thread, which it must not block; what it throws is ignored
   */
  public RedisCheckpointStoreBuilder onTrouble(Consumer<CheckpointException> listener) {
    troubleListener = Objects.requireNonNull(listener, "listener");
    return this;
  }

  /** Sets the runtime for time and threads. Default: {@link StreamRuntime#system()}. */
  public RedisCheckpointStoreBuilder runtime(StreamRuntime runtime) {
    this.runtime = Objects.requireNonNull(runtime, "runtime");
    return this;
  }

  /**
   * Makes the store. It connects with the first call.
   *
   * @throws IllegalArgumentException if the command timeout is longer than {@link #claimExpiry}, or
   *     the time to live is not longer than that or over 36,500 days
   */
  public RedisCheckpointStore build() {
    if (timeToLive != null
        && (timeToLive.compareTo(claimExpiry) <= 0 || timeToLive.compareTo(MAX_TIME_TO_LIVE) > 0)) {
      throw new IllegalArgumentException(
          "Cannot use a time to live of %s: it must be longer than the claim's expiry, %s, and at most %s."
              .formatted(
                  LogText.duration(timeToLive),
                  LogText.duration(claimExpiry),
                  LogText.duration(MAX_TIME_TO_LIVE)));
    }
    Duration timeout = commandTimeout == null ? defaultTimeout() : commandTimeout;
    if (timeout.compareTo(claimExpiry) > 0) {
      throw new IllegalArgumentException(
          "Cannot use a command timeout of %s: a claim of %s would expire before one call fails. Set it to a third of"
                  .formatted(LogText.duration(timeout), LogText.duration(claimExpiry))
              + " the claim's expiry or less.");
    }
    SharedConnection connection = new SharedConnection(connectors.with(timeout), timeout, runtime);
    return new RedisCheckpointStore(
        connection, keys, claimExpiry, timeToLive, new TroubleReporter(troubleListener), runtime);
  }

  private Duration defaultTimeout() {
    Duration part = claimExpiry.dividedBy(DEFAULT_TIMEOUTS_PER_EXPIRY);
    return part.compareTo(MAX_DEFAULT_TIMEOUT) < 0 ? part : MAX_DEFAULT_TIMEOUT;
  }

  /** A factory of connectors, given the command timeout. */
  @FunctionalInterface
  interface ConnectorFactory {
    Connector with(Duration timeout);
  }
}
