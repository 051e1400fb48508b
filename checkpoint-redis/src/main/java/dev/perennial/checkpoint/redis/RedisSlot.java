package dev.perennial.checkpoint.redis;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Timer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A claimed checkpoint, whose claim is renewed until it is closed or lost.
 *
 * <p>Saves and renewals follow one another, so that each knows how the one before it ended.
 */
final class RedisSlot implements CheckpointSlot {

  /** A claim survives two renewals that fail. */
  private static final int RENEWALS_PER_EXPIRY = 3;

  /** How soon a renewal that failed is tried again. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private enum State {
    HELD,
    LOST,
    CLOSED
  }

  private final ClaimedHash hash;
  private final Runnable lost;
  private final Runnable saved;
  private final StreamRuntime runtime;
  private final Consumer<RedisSlot> ended;
  private final Duration interval;

  private volatile State state = State.HELD;
  private volatile @Nullable Timer timer;

  /** Guarded by this object. */
  private boolean restored;

  /**
   * Takes over a claim that was just made.
   *
   * @param lost to be run once if it is lost
   * @param saved to be run after each save
   * @param ended told when the claim is lost or given up
   */
  RedisSlot(
      ClaimedHash hash,
      Duration expiry,
      Runnable lost,
      Runnable saved,
      StreamRuntime runtime,
      Consumer<RedisSlot> ended) {
    this.hash = hash;
    this.lost = lost;
    this.saved = saved;
    this.runtime = runtime;
    this.ended = ended;
    this.interval = expiry.dividedBy(RENEWALS_PER_EXPIRY);
  }

  /** Begins to renew the claim. */
  void start() {
    schedule(interval);
  }

  /** Stops renewing, and leaves the claim to run out. */
  void abandon() {
    state = State.CLOSED;
    cancel();
  }

  @Override
  public Optional<Checkpoint> load() throws CheckpointException {
    requireHeld("");
    try {
      synchronized (this) {
        return hash.load();
      }
    } catch (CheckpointException e) {
      if (e.kind() == Kind.CLAIM_LOST) {
        tellLost();
      }
      throw e;
    }
  }

  @Override
  public void save(Checkpoint checkpoint) throws CheckpointException {
    requireHeld(" Nothing was saved.");
    String line = checkpoint.toLine();
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(line)) {
      throw CheckpointException.corrupt(
          "The checkpoint of " + hash + " holds half a surrogate pair, so it was not saved.", null);
    }
    boolean tell;
    try {
      synchronized (this) {
        restored |= hash.save(line);
        tell = restored;
        restored = false;
      }
    } catch (CheckpointException e) {
      if (e.kind() == Kind.CLAIM_LOST) {
        tellLost();
      }
      throw e;
    }
    saved.run();
    if (tell) {
      throw CheckpointException.unavailable(
          ("The checkpoint of %s was gone from Redis, which has lost data, and was written again from memory. If"
                  + " this stream had died meanwhile, its checkpoint would be lost. See that Redis keeps its data on"
                  + " disk and that its maxmemory-policy is noeviction.")
              .formatted(hash),
          null);
    }
  }

  @Override
  public void close() throws CheckpointException {
    State before = state;
    state = State.CLOSED;
    cancel();
    ended.accept(this);
    if (before == State.HELD) {
      synchronized (this) {
        hash.release();
      }
    }
  }

  @Override
  public String toString() {
    return "RedisSlot[" + hash + "]";
  }

  private void schedule(Duration delay) {
    timer = runtime.schedule(delay, () -> runtime.execute(this::renew));
    if (state != State.HELD) {
      cancel();
    }
  }

  private void cancel() {
    Timer pending = timer;
    if (pending != null) {
      pending.cancel();
    }
  }

  private void renew() {
    Duration next = interval;
    try {
      synchronized (this) {
        if (state != State.HELD) {
          return;
        }
        restored |= hash.renew();
      }
    } catch (CheckpointException e) {
      if (e.kind() != Kind.UNAVAILABLE) {
        tellLost();
      }
      next = sooner();
    } catch (RuntimeException e) {
      // Whatever it is, the claim is held until somebody else has it.
      next = sooner();
    }
    if (state == State.HELD) {
      schedule(next);
    }
  }

  private Duration sooner() {
    return interval.compareTo(RETRY) < 0 ? interval : RETRY;
  }

  private void requireHeld(String end) throws CheckpointException {
    State now = state;
    if (now == State.CLOSED) {
      throw CheckpointException.claimLost(
          "The claim of " + hash + " was given up before." + end, null);
    }
    if (now == State.LOST) {
      throw CheckpointException.claimLost("The claim of " + hash + " was lost before." + end, null);
    }
  }

  /** Runs the callback, once, and outside of the lock, because it is the stream's. */
  private void tellLost() {
    synchronized (this) {
      if (state != State.HELD) {
        return;
      }
      state = State.LOST;
    }
    cancel();
    ended.accept(this);
    lost.run();
  }
}
