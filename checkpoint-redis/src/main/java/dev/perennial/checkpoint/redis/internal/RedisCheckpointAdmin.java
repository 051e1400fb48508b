package dev.perennial.checkpoint.redis.internal;

import dev.perennial.checkpoint.redis.internal.ClaimResult.Claimed;
import dev.perennial.checkpoint.redis.internal.ClaimResult.Held;
import dev.perennial.checkpoint.redis.internal.ClaimedHash.Lifetimes;
import dev.perennial.checkpoint.redis.internal.ClaimedHash.Names;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/** The administration of the checkpoints in Redis. Safe for use from any thread. */
public final class RedisCheckpointAdmin implements CheckpointAdmin {

  private static final String LIST = "Cannot list the checkpoints";

  /** How many keys Redis scans in one call. */
  private static final int STEP = 500;

  private final SharedConnection connection;
  private final Keys keys;
  private final Lifetimes lifetimes;
  private final SeenCheckpoints seen;
  private final TroubleReporter trouble;

  public RedisCheckpointAdmin(
      SharedConnection connection,
      Keys keys,
      Lifetimes lifetimes,
      SeenCheckpoints seen,
      TroubleReporter trouble) {
    this.connection = connection;
    this.keys = keys;
    this.lifetimes = lifetimes;
    this.seen = seen;
    this.trouble = trouble;
  }

  @Override
  public List<String> streamIds() throws CheckpointException {
    TreeSet<String> ids = new TreeSet<>();
    ScanArgs arguments = new ScanArgs().match(keys.pattern()).limit(STEP);
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      ScanCursor from = cursor;
      KeyScanCursor<String> found =
          connection.call(LIST, commands -> commands.scan(from, arguments));
      for (String key : found.getKeys()) {
        Optional<String> id = keys.streamId(key);
        if (id.isPresent() && hasCheckpoint(key)) {
          ids.add(id.get());
        }
      }
      cursor = found;
    } while (!cursor.isFinished());
    return List.copyOf(ids);
  }

  /** Returns whether a key has a checkpoint. A value of another type counts as a corrupt one. */
  private boolean hasCheckpoint(String key) throws CheckpointException {
    try {
      return connection.call(LIST, commands -> commands.hexists(key, "checkpoint"));
    } catch (CheckpointException e) {
      if (e.reason() == Reason.CORRUPT) {
        return true;
      }
      throw e;
    }
  }

  @Override
  public Optional<Checkpoint> load(String streamId) throws CheckpointException {
    return CheckpointReader.load(connection, keys.names(streamId));
  }

  /**
   * Claims the checkpoint, saves and releases the claim, as a stream does. So a script that Redis
   * runs twice or late does no harm, and the epoch excludes a stream whose claim has expired.
   */
  @Override
  public void put(String streamId, Checkpoint checkpoint) throws CheckpointException {
    Objects.requireNonNull(checkpoint, "checkpoint");
    Names names = keys.names(streamId);
    ClaimResult result = ClaimedHash.claim(connection, names, lifetimes, false);
    if (result instanceof Held held) {
      throw ClaimedHash.held("put", names, held.owner());
    }
    // Never Vanished, because this call does not insist on the checkpoint that is there.
    ClaimedHash hash = ((Claimed) result).hash();
    try (RedisClaim claim =
        new RedisClaim(
            connection, hash, lost -> {}, () -> seen.add(streamId), over -> {}, trouble)) {
      claim.save(checkpoint);
    }
  }

  @Override
  public boolean delete(String streamId) throws CheckpointException {
    boolean deleted = ClaimedHash.delete(connection, keys.names(streamId));
    seen.forget(streamId);
    return deleted;
  }
}
