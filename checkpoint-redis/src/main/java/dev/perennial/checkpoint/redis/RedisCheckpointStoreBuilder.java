package dev.perennial.checkpoint.redis;

import dev.perennial.checkpoint.redis.internal.Connector;
import dev.perennial.checkpoint.redis.internal.Keys;
import dev.perennial.checkpoint.redis.internal.LettuceSupport;
import dev.perennial.checkpoint.redis.internal.SharedConnection;
import dev.perennial.checkpoint.redis.internal.TroubleReporter;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a store shall be like. Used by one thread. */
public final class RedisCheckpointStoreBuilder {

  private static final Duration DEFAULT_EXPIRY = Duration.ofSeconds(15);
  private static final Duration MIN_EXPIRY = Duration.ofSeconds(1);

  /** Far above any use, and far below what milliseconds and the scripts' numbers can hold. */
  private static final Duration MAX_EXPIRY = Duration.ofDays(365);

  private static final Duration MAX_TIME_TO_LIVE = Duration.ofDays(36_500);
  private static final Duration MAX_DEFAULT_TIMEOUT = Duration.ofSeconds(5);

  /** With the default timeout a renewal can fail, and be tried again, within the expiry. */
  private static final int DEFAULT_TIMEOUTS_PER_EXPIRY = 3;

  private final Connecting connecting;
  private Keys keys = new Keys("perennial");
  private Duration claimExpiry = DEFAULT_EXPIRY;
  private @Nullable Duration commandTimeout;
  private @Nullable Duration timeToLive;
  private Consumer<CheckpointException> troubled = trouble -> {};
  private StreamRuntime runtime = StreamRuntime.system();

  /**
   * Begins with all defaults.
   *
   * @throws IllegalStateException if Lettuce is too old
   */
  RedisCheckpointStoreBuilder(Connecting connecting) {
    LettuceSupport.requireVersion();
    this.connecting = connecting;
  }

  /**
   * What the keys begin with; {@code perennial} unless told otherwise, which makes {@code
   * perennial:{orders}} of the stream id "orders".
   *
   * @throws IllegalArgumentException if it is empty or has braces in it
   */
  public RedisCheckpointStoreBuilder prefix(String prefix) {
    keys = new Keys(prefix);
    return this;
  }

  /**
   * How long after its last renewal a claim runs out; 15 s unless told otherwise. The shorter it
   * is, the sooner another stream takes over from one that died, and the sooner it does so from one
   * that only paused.
   *
   * @param expiry from 1 s to 365 days
   */
  public RedisCheckpointStoreBuilder claimExpiry(Duration expiry) {
    if (expiry.compareTo(MIN_EXPIRY) < 0 || expiry.compareTo(MAX_EXPIRY) > 0) {
      throw new IllegalArgumentException(
          "A claim's expiry is at least %s and at most %s, not %s."
              .formatted(MIN_EXPIRY, MAX_EXPIRY, expiry));
    }
    claimExpiry = expiry;
    return this;
  }

  /**
   * How long Redis may take for an answer; 5 s but no more than a third of the claim's expiry, or
   * what the address says, unless told otherwise. A call that has to connect first, and finds that
   * the server does not know its script, may take up to four times that.
   *
   * @param timeout over zero, and at most the claim's expiry: an answer that comes later finds the
   *     claim run out
   */
  public RedisCheckpointStoreBuilder commandTimeout(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("A timeout is over zero, not " + timeout + ".");
    }
    commandTimeout = timeout;
    return this;
  }

  /**
   * Has Redis delete a checkpoint for which there was no stream so long: counted from its last save
   * or its claim's last renewal. Off unless told otherwise, because a stream that is stopped for
   * longer loses its checkpoint, and with it its place in the source.
   *
   * @param timeToLive longer than the claim's expiry, and at most 36,500 days
   */
  public RedisCheckpointStoreBuilder timeToLive(Duration timeToLive) {
    this.timeToLive = Objects.requireNonNull(timeToLive, "timeToLive");
    return this;
  }

  /**
   * Who is told of trouble that no call fails with: renewals that fail, which are tried again; a
   * claim that a renewal finds lost, with who has it; and what was gone from Redis and was written
   * again. A good place for a warning in a log. Nobody unless told otherwise.
   *
   * @param listener called on any thread, which it should not hold up; what it throws is ignored
   */
  public RedisCheckpointStoreBuilder onTrouble(Consumer<CheckpointException> listener) {
    troubled = Objects.requireNonNull(listener, "listener");
    return this;
  }

  /** Where time and threads come from; the system's unless told otherwise. */
  public RedisCheckpointStoreBuilder runtime(StreamRuntime runtime) {
    this.runtime = Objects.requireNonNull(runtime, "runtime");
    return this;
  }

  /**
   * Makes the store. Does not connect yet.
   *
   * @throws IllegalArgumentException if the command timeout is longer than the claim's expiry, or
   *     the time to live is not
   */
  public RedisCheckpointStore build() {
    if (timeToLive != null
        && (timeToLive.compareTo(claimExpiry) <= 0 || timeToLive.compareTo(MAX_TIME_TO_LIVE) > 0)) {
      throw new IllegalArgumentException(
          "A time to live is longer than the claim's expiry, %s, and at most %s; it is %s. A shorter one would"
                  .formatted(claimExpiry, MAX_TIME_TO_LIVE, timeToLive)
              + " delete checkpoints that are claimed; make it longer.");
    }
    Duration timeout = commandTimeout == null ? defaultTimeout() : commandTimeout;
    if (timeout.compareTo(claimExpiry) > 0) {
      throw new IllegalArgumentException(
          "A command timeout of %s would let a claim of %s run out over one answer that does not come; make it at"
                  .formatted(timeout, claimExpiry)
              + " most the claim's expiry, and better a third of it.");
    }
    SharedConnection link = new SharedConnection(connecting.with(timeout), timeout, runtime);
    return new RedisCheckpointStore(
        link, keys, claimExpiry, timeToLive, new TroubleReporter(troubled), runtime);
  }

  private Duration defaultTimeout() {
    Duration part = claimExpiry.dividedBy(DEFAULT_TIMEOUTS_PER_EXPIRY);
    return part.compareTo(MAX_DEFAULT_TIMEOUT) < 0 ? part : MAX_DEFAULT_TIMEOUT;
  }

  /** Makes a connector, given the command timeout. */
  @FunctionalInterface
  interface Connecting {
    Connector with(Duration timeout);
  }
}
