package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The claim of one stream on its checkpoint in Redis. A renewal and a save do not wait for each
 * other: they can reach Redis in any order.
 */
public final class RedisClaim implements CheckpointClaim {

  private final SharedConnection connection;
  private final ClaimedHash hash;
  private final Consumer<CheckpointException> lost;
  private final Runnable saved;
  private final Consumer<RedisClaim> over;
  private final TroubleReporter trouble;

  /** Why the claim has ended; null while it is held. */
  private final AtomicReference<@Nullable CheckpointException> end = new AtomicReference<>();

  /**
   * Wraps a new claim.
   *
   * @param lost called once if a renewal finds that the claim is lost; a save that finds it throws
   * @param saved run after each save
   * @param over called when the claim is lost or released
   */
  public RedisClaim(
      SharedConnection connection,
      ClaimedHash hash,
      Consumer<CheckpointException> lost,
      Runnable saved,
      Consumer<RedisClaim> over,
      TroubleReporter trouble) {
    this.connection = connection;
    this.hash = hash;
    this.lost = lost;
    this.saved = saved;
    this.over = over;
    this.trouble = trouble;
  }

  /** Returns the checkpoint at the time of the claim, or the one saved since. */
  @Override
  public Optional<Checkpoint> load() throws CheckpointException {
    requireHeld();
    return CheckpointReader.parse(connection, hash.names(), hash.line());
  }

  @Override
  public void save(Checkpoint checkpoint) throws CheckpointException {
    requireHeld();
    String line = checkpoint.toLine();
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(line)) {
      throw CheckpointException.corrupt(
          "Cannot save checkpoint " + hash + ": it contains half a surrogate pair.", null);
    }
    try {
      reportIf(hash.save(line));
    } catch (CheckpointException e) {
      if (e.reason() == Reason.CLAIM_LOST) {
        end(e);
      }
      throw e;
    }
    saved.run();
  }

  @Override
  public void close() throws CheckpointException {
    if (end(
        CheckpointException.claimLost(
            "Cannot use the claim on checkpoint " + hash + ": it was released before.", null))) {
      reportIf(hash.release());
    }
  }

  /** Returns the hash that is claimed. */
  ClaimedHash hash() {
    return hash;
  }

  String key() {
    return hash.names().key();
  }

  /** Returns the arguments of a renewal. */
  String[] renewal() {
    return hash.renewal();
  }

  /**
   * Reads the answer to a renewal. A corrupt hash is left for the next save to find: the claim is
   * held as long as no other stream owns it.
   */
  void renewed(List<Object> answer) {
    try {
      reportIf(hash.renewed(answer));
    } catch (CheckpointException e) {
      if (e.reason() != Reason.CLAIM_LOST) {
        trouble.report(e);
      } else if (end(e)) {
        // The stream first, because it has to stop.
        lost.accept(e);
        trouble.report(e);
      }
    }
  }

  private void reportIf(boolean forgotten) {
    if (forgotten) {
      trouble.reportRestored(hash.names());
    }
  }

  private boolean end(CheckpointException why) {
    boolean first = end.compareAndSet(null, why);
    if (first) {
      over.accept(this);
    }
    return first;
  }

  private void requireHeld() throws CheckpointException {
    CheckpointException why = end.get();
    if (why != null) {
      throw CheckpointException.claimLost(String.valueOf(why.getMessage()), why);
    }
  }

  @Override
  public String toString() {
    return "RedisClaim[" + hash + "]";
  }
}
