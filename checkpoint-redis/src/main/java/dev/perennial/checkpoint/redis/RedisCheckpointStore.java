package dev.perennial.checkpoint.redis;

import dev.perennial.checkpoint.redis.internal.CheckpointListing;
import dev.perennial.checkpoint.redis.internal.CheckpointReader;
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
import dev.perennial.checkpoint.redis.internal.RedisClaim;
import dev.perennial.checkpoint.redis.internal.SeenCheckpoints;
import dev.perennial.checkpoint.redis.internal.SharedConnection;
import dev.perennial.checkpoint.redis.internal.TroubleReporter;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.StreamRuntime;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps checkpoints in Redis (5 or newer, or what speaks its protocol), one hash for each stream
 * id, and lets one stream at a time, of whichever machine, claim it.
 *
 * <p><b>Claims.</b> A claim runs out unless it is renewed, which happens three times within its
 * expiry. So another stream gets the claim of one that was closed at its next try, and of one that
 * died once the expiry is over. All times are the server's; no client's clock counts. Every claim
 * gets a higher epoch than the one before it, and every save and renewal is a script in which the
 * highest epoch wins. So a stream that was overtaken, after a pause or a loss of the network longer
 * than the expiry, can save nothing more, and is told at its next save or renewal. One that was not
 * overtaken goes on, however long it was away.
 *
 * <p><b>What Redis can lose.</b> Replicas follow the primary a little later. A failover to one can
 * forget the last checkpoints, whose events then come again, and a claim, so that two streams
 * believe to have it until the first of them saves or renews: only one of them can save from then
 * on. A Redis without persistence forgets everything when it restarts, and one whose {@code
 * maxmemory-policy} is not {@code noeviction} may whenever memory runs short. A live stream then
 * writes its claim and checkpoint again, and {@link RedisCheckpointStoreBuilder#onTrouble} is told;
 * a stream that waits for the claim does not begin without the checkpoint that it saw before. One
 * that has just been started, and claims before the live one has written, cannot know and begins
 * without it; then the live one's error says so, and its checkpoint is kept in the hash for a
 * person to put back. See {@code docs/operate.md}.
 *
 * <p><b>Without Redis.</b> A call fails after the command timeout with an error of kind {@link
 * CheckpointException.Kind#UNAVAILABLE UNAVAILABLE}, or sooner where it is plain that nobody
 * listens. A claim is never lost by silence alone; renewals that fail are told to {@link
 * RedisCheckpointStoreBuilder#onTrouble}, and tried again. Nothing is queued for a time when Redis
 * is back; the next call connects anew.
 *
 * <p>Safe for use from any thread. A call that is interrupted fails with an error of kind
 * UNAVAILABLE, and the claim lives on. No message, log or {@code toString} has credentials in it.
 */
public final class RedisCheckpointStore implements CheckpointStore {

  private final SharedConnection link;
  private final Keys keys;
  private final Lifetimes lifetimes;
  private final TroubleReporter trouble;
  private final ClaimRenewer renewals;

  private final SeenCheckpoints seen;

  RedisCheckpointStore(
      SharedConnection link,
      Keys keys,
      Duration claimExpiry,
      @Nullable Duration timeToLive,
      TroubleReporter trouble,
      StreamRuntime runtime) {
    this.link = link;
    this.keys = keys;
    this.lifetimes =
        new Lifetimes(claimExpiry.toMillis(), timeToLive == null ? 0 : timeToLive.toMillis());
    this.seen = new SeenCheckpoints(timeToLive != null);
    this.trouble = trouble;
    this.renewals = new ClaimRenewer(link, claimExpiry, runtime, trouble);
  }

  /**
   * A store at an address, with everything else as it comes. It does not connect before it is used,
   * and is to be closed.
   *
   * @param uri {@code redis://user:password@host:port/database}, {@code rediss://…} for TLS, {@code
   *     redis-sentinel://host:port,host:port/database#primary}; {@code ?timeout=5s} sets the
   *     command timeout
   * @throws IllegalArgumentException if it is no such address
   */
  public static RedisCheckpointStore at(String uri) {
    return builder(uri).build();
  }

  /**
   * Builds a store at an address, with a client of its own, which the store closes.
   *
   * @param uri as in {@link #at}
   * @throws IllegalArgumentException if it is no such address; the error does not repeat it, as it
   *     may have a password in it
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
   * open when the store is closed. Its connect timeout, TLS and so on are the application's.
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
   * Tries once to claim a stream's checkpoint, without waiting for who has it.
   *
   * @param lost told, on any thread, who has got the claim, if a renewal finds that out; a call of
   *     the slot that does throws
   * @return the claimed slot, or empty if another stream has it, of whichever machine
   * @throws CheckpointException of kind {@link CheckpointException.Kind#UNAVAILABLE UNAVAILABLE} if
   *     Redis cannot be reached or refuses, or a checkpoint is gone that this object has seen
   *     there; of kind {@link CheckpointException.Kind#CORRUPT CORRUPT} if what it has under the
   *     stream's key is not a checkpoint
   * @throws IllegalArgumentException if the id is empty or not Unicode
   */
  @Override
  public Optional<CheckpointSlot> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    Objects.requireNonNull(lost, "lost");
    Names names = names(streamId);
    ClaimResult claiming = ClaimedHash.claim(link, names, lifetimes, seen.contains(streamId));
    if (claiming instanceof Claimed claimed) {
      return Optional.of(open(claimed.hash(), lost));
    }
    if (claiming instanceof Held held) {
      // A checkpoint that is not there may be one that the owner has yet to write again.
      if (held.hasCheckpoint()) {
        seen.add(streamId);
      }
      return Optional.empty();
    }
    throw vanished(names);
  }

  private CheckpointSlot open(ClaimedHash hash, Consumer<CheckpointException> lost) {
    String streamId = hash.names().streamId();
    if (hash.line().isEmpty()) {
      seen.forget(streamId);
    } else {
      seen.add(streamId);
    }
    RedisClaim slot =
        new RedisClaim(link, hash, lost, () -> seen.add(streamId), renewals::remove, trouble);
    renewals.add(slot);
    return slot;
  }

  private CheckpointException vanished(Names names) {
    return CheckpointException.unavailable(
        ("The checkpoint of %s was in %s and is gone: Redis has lost data, or evicted it. A stream that has the"
                + " claim writes it again. If there is none, bring it back from a copy; or, to begin without it,"
                + " delete it with this store, or start the program anew.")
            .formatted(names, link.address()),
        null);
  }

  /**
   * The ids of the streams that have a checkpoint, in order. It looks at all keys of the database,
   * or of the cluster, a few at a time.
   *
   * @throws CheckpointException of kind {@link CheckpointException.Kind#UNAVAILABLE UNAVAILABLE} if
   *     they cannot be read
   */
  public List<String> streamIds() throws CheckpointException {
    return CheckpointListing.streamIds(link, keys);
  }

  /**
   * A stream's checkpoint, without a claim on it: for looking at.
   *
   * @return the checkpoint saved last, or empty if there is none
   * @throws CheckpointException of kind {@link CheckpointException.Kind#UNAVAILABLE UNAVAILABLE} if
   *     it cannot be read; of kind {@link CheckpointException.Kind#CORRUPT CORRUPT} if it is not a
   *     checkpoint
   * @throws IllegalArgumentException if the id is empty or not Unicode
   */
  public Optional<Checkpoint> load(String streamId) throws CheckpointException {
    return CheckpointReader.load(link, names(streamId));
  }

  /**
   * Deletes a stream's checkpoint, so that the stream begins without one; or what else is under its
   * key. A small hash stays for a week, by which a stream that had the claim before learns that it
   * is lost.
   *
   * @return whether there was one
   * @throws CheckpointException of kind {@link CheckpointException.Kind#UNAVAILABLE UNAVAILABLE} if
   *     somebody has claimed it, or it cannot be deleted
   * @throws IllegalArgumentException if the id is empty or not Unicode
   */
  public boolean delete(String streamId) throws CheckpointException {
    boolean deleted = ClaimedHash.delete(link, names(streamId));
    seen.forget(streamId);
    return deleted;
  }

  /**
   * Closes the connection, and the client unless it was given. To be called after the streams that
   * use the store are closed: a claim that is still open is not given up but runs out. Idempotent.
   */
  @Override
  public void close() {
    renewals.close();
    link.close();
  }

  @Override
  public String toString() {
    return "RedisCheckpointStore[" + link.address() + ", " + keys.prefix() + "]";
  }

  private Names names(String streamId) {
    return new Names(streamId, keys.of(streamId));
  }

  private static boolean isPositive(Duration duration) {
    return !duration.isNegative() && !duration.isZero();
  }
}
