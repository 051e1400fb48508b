package dev.perennial.checkpoint.redis;

import dev.perennial.checkpoint.redis.internal.ClaimRenewer;
import dev.perennial.checkpoint.redis.internal.ClaimResult;
import dev.perennial.checkpoint.redis.internal.ClaimResult.Claimed;
import dev.perennial.checkpoint.redis.internal.ClaimResult.Held;
import dev.perennial.checkpoint.redis.internal.ClaimedHash;
import dev.perennial.checkpoint.redis.internal.ClaimedHash.Lifetimes;
import dev.perennial.checkpoint.redis.internal.ClaimedHash.Names;
import dev.perennial.checkpoint.redis.internal.Connector;
import dev.perennial.checkpoint.redis.internal.Keys;
import dev.perennial.checkpoint.redis.internal.RedisAddress;
import dev.perennial.checkpoint.redis.internal.RedisCheckpointAdmin;
import dev.perennial.checkpoint.redis.internal.RedisClaim;
import dev.perennial.checkpoint.redis.internal.SeenCheckpoints;
import dev.perennial.checkpoint.redis.internal.SharedConnection;
import dev.perennial.checkpoint.redis.internal.TroubleReporter;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.StreamRuntime;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint store in Redis (5 or newer, or a server with its protocol), with one hash for each
 * stream id. One stream at a time, on any machine, can claim it.
 *
 * <p><b>Claims.</b> A claim expires unless it is renewed, which happens three times within its
 * expiry. So another stream gets the claim of a closed stream with its next attempt, and that of a
 * stream that died after the expiry. All times are the server's; no client's clock counts. Each
 * claim gets a higher epoch than the one before, and each save and renewal is a script in which the
 * highest epoch wins. A stream that was overtaken, after a pause or a network failure longer than
 * the expiry, can save nothing more, and learns this with its next save or renewal. A stream that
 * was not overtaken continues, however long it was away.
 *
 * <p><b>What Redis can lose.</b> Replicas lag behind the primary. A failover can lose the last
 * checkpoints, whose events are then delivered again, and a claim: two streams then act as its
 * owner until the first of them saves or renews, after which only one can save. A Redis without
 * persistence loses everything when it restarts, and one whose {@code maxmemory-policy} is not
 * {@code noeviction} can whenever memory runs short. A running stream then restores its claim and
 * checkpoint, and {@link RedisCheckpointStoreBuilder#onTrouble} is called. A stream that waits for
 * the claim does not start without a checkpoint that it has seen. A stream that was just started,
 * and claims before the running one has restored, cannot know and starts without the checkpoint.
 * The running stream's error then says so, and the hash keeps its checkpoint for a person to
 * restore. See {@code docs/operate.md}.
 *
 * <p><b>Without Redis.</b> A call fails after the command timeout with an error with reason {@link
 * CheckpointException.Reason#UNAVAILABLE UNAVAILABLE}, or sooner if the connection is refused. A
 * claim is never lost only because Redis does not answer; failed renewals are reported to {@link
 * RedisCheckpointStoreBuilder#onTrouble} and retried. Nothing is queued until Redis returns; the
 * next call connects again.
 *
 * <p>Safe for use from any thread. A call that is interrupted fails with an error with reason
 * UNAVAILABLE, and the claim stays held. No message, log line or {@code toString} contains
 * credentials.
 */
public final class RedisCheckpointStore implements CheckpointStore {

  private final SharedConnection connection;
  private final Keys keys;
  private final Lifetimes lifetimes;
  private final TroubleReporter trouble;
  private final ClaimRenewer renewals;

  private final SeenCheckpoints seen;

  RedisCheckpointStore(
      SharedConnection connection,
      Keys keys,
      Duration claimExpiry,
      @Nullable Duration timeToLive,
      TroubleReporter trouble,
      StreamRuntime runtime) {
    this.connection = connection;
    this.keys = keys;
    this.lifetimes =
        new Lifetimes(claimExpiry.toMillis(), timeToLive == null ? 0 : timeToLive.toMillis());
    this.seen = new SeenCheckpoints(timeToLive != null);
    this.trouble = trouble;
    this.renewals = new ClaimRenewer(connection, claimExpiry, runtime, trouble);
  }

  /**
   * Makes a store at an address, with defaults for all settings. It connects with the first call.
   * The caller closes it.
   *
   * @param uri {@code redis://user:password@host:port/database}, {@code rediss://…} for TLS, {@code
   *     redis-sentinel://host:port,host:port/database#primary}; {@code ?timeout=5s} sets the
   *     command timeout
   * @throws IllegalArgumentException if it is not such an address
   */
  public static RedisCheckpointStore at(String uri) {
    return builder(uri).build();
  }

  /**
   * Builds a store at an address, with a client of its own, which the store closes.
   *
   * @param uri as in {@link #at}
   * @throws IllegalArgumentException if it is not such an address; the error does not repeat it,
   *     because it may contain a password
   */
  public static RedisCheckpointStoreBuilder builder(String uri) {
    return builder(RedisAddress.parse(uri));
  }

  /** Builds a store with a client of its own, which the store closes. */
  public static RedisCheckpointStoreBuilder builder(RedisURI uri) {
    Objects.requireNonNull(uri, "uri");
    Duration named = uri.getTimeout();
    RedisCheckpointStoreBuilder builder =
        new RedisCheckpointStoreBuilder(timeout -> Connector.own(uri, timeout));
    return named.equals(RedisURI.DEFAULT_TIMEOUT_DURATION) || !isPositive(named)
        ? builder
        : builder.commandTimeout(named);
  }

  /**
   * Builds a store with the application's client, of which it uses one connection. The client stays
   * open when the store is closed. The application configures its connect timeout, TLS and so on.
   */
  public static RedisCheckpointStoreBuilder builder(RedisClient client) {
    Objects.requireNonNull(client, "client");
    return new RedisCheckpointStoreBuilder(timeout -> Connector.given(client));
  }

  /**
   * Builds a store with the application's client of a cluster, of which it uses one connection to
   * each node that it needs. The client stays open when the store is closed.
   */
  public static RedisCheckpointStoreBuilder builder(RedisClusterClient client) {
    Objects.requireNonNull(client, "client");
    return new RedisCheckpointStoreBuilder(timeout -> Connector.given(client));
  }

  /**
   * Tries once to claim a stream's checkpoint, without waiting for its owner.
   *
   * @param lost called on any thread if a renewal finds that the claim is lost; a call of the claim
   *     that finds it throws
   * @return the claim, or empty if another stream on any machine holds it
   * @throws CheckpointException with reason {@link CheckpointException.Reason#UNAVAILABLE
   *     UNAVAILABLE} if Redis cannot be reached or refuses, or a checkpoint that this object has
   *     seen is gone; with reason {@link CheckpointException.Reason#CORRUPT CORRUPT} if the value
   *     of the stream's key is not a checkpoint
   * @throws IllegalArgumentException if the id is empty or not Unicode
   */
  @Override
  public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    Objects.requireNonNull(lost, "lost");
    Names names = keys.names(streamId);
    ClaimResult claiming = ClaimedHash.claim(connection, names, lifetimes, seen.contains(streamId));
    if (claiming instanceof Claimed claimed) {
      return Optional.of(open(claimed.hash(), lost));
    }
    if (claiming instanceof Held held) {
      // A missing checkpoint may be one that its owner has yet to restore.
      if (held.hasCheckpoint()) {
        seen.add(streamId);
      }
      return Optional.empty();
    }
    throw vanished(names);
  }

  private CheckpointClaim open(ClaimedHash hash, Consumer<CheckpointException> lost) {
    String streamId = hash.names().streamId();
    if (hash.line().isEmpty()) {
      seen.forget(streamId);
    } else {
      seen.add(streamId);
    }
    RedisClaim claim =
        new RedisClaim(connection, hash, lost, () -> seen.add(streamId), renewals::remove, trouble);
    renewals.add(claim);
    return claim;
  }

  private CheckpointException vanished(Names names) {
    return CheckpointException.unavailable(
        ("Cannot claim checkpoint %s: %s had it and it is gone, because Redis lost or evicted data. The stream that"
                + " owns it restores it. If no stream does, put a copy with admin(), or delete it there to start"
                + " without it.")
            .formatted(names, connection.address()),
        null);
  }

  /**
   * Returns the administration of the checkpoints. Listing scans all keys of the database or
   * cluster, some at a time. {@code put} fails with reason {@link
   * CheckpointException.Reason#CORRUPT CORRUPT} if the key has another value than a hash of this
   * version, which {@code delete} removes. After a delete a small hash stays for a week, from which
   * a former owner learns that its claim is lost.
   */
  @Override
  public Optional<CheckpointAdmin> admin() {
    return Optional.of(new RedisCheckpointAdmin(connection, keys, lifetimes, seen, trouble));
  }

  /**
   * Closes the connection, and the client unless it is the application's. Close the streams that
   * use the store first: a claim that is still held is not released but expires. Idempotent.
   */
  @Override
  public void close() {
    renewals.close();
    connection.close();
  }

  @Override
  public String toString() {
    return "RedisCheckpointStore[" + connection.address() + ", " + keys.prefix() + "]";
  }

  private static boolean isPositive(Duration duration) {
    return !duration.isNegative() && !duration.isZero();
  }
}
