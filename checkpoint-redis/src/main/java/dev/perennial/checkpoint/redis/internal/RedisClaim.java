package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A claimed checkpoint. A renewal and a save need not wait for each other: whichever comes second
 * does no harm.
 */
public final class RedisClaim implements CheckpointSlot {

  private final SharedConnection link;
  private final ClaimedHash hash;
  private final Consumer<CheckpointException> lost;
  private final Runnable saved;
  private final Consumer<RedisClaim> over;
  private final TroubleReporter trouble;

  /** Why nothing more can be saved; null for as long as the claim is held. */
  private final AtomicReference<@Nullable CheckpointException> end = new AtomicReference<>();

  /**
   * Takes over a claim that was just made.
   *
   * @param lost told once if a renewal finds out that it is lost; a save that does throws
   * @param saved to be run after each save
   * @param over told when the claim is lost or given up
   */
  public RedisClaim(
      SharedConnection link,
      ClaimedHash hash,
      Consumer<CheckpointException> lost,
      Runnable saved,
      Consumer<RedisClaim> over,
      TroubleReporter trouble) {
    this.link = link;
    this.hash = hash;
    this.lost = lost;
    this.saved = saved;
    this.over = over;
    this.trouble = trouble;
  }

  /** What was there when it was claimed, or has been saved since. */
  @Override
  public Optional<Checkpoint> load() throws CheckpointException {
    requireHeld();
    return CheckpointReader.parse(link, hash.names(), hash.line());
  }

  @Override
  public void save(Checkpoint checkpoint) throws CheckpointException {
    requireHeld();
    String line = checkpoint.toLine();
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(line)) {
      throw CheckpointException.corrupt(
          "The checkpoint of " + hash + " holds half a surrogate pair, so it was not saved.", null);
    }
    try {
      noteWhether(hash.save(line));
    } catch (CheckpointException e) {
      if (e.kind() == Kind.CLAIM_LOST) {
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
            "The claim of " + hash + " was given up before. Nothing was saved.", null))) {
      noteWhether(hash.release());
    }
  }

  String key() {
    return hash.names().key();
  }

  /** What a renewal sends along. */
  String[] renewal() {
    return hash.renewal();
  }

  /**
   * Takes what a renewal was answered. What is corrupt is left for the next save to find: as long
   * as nobody else has the claim, it is held.
   */
  void renewed(List<Object> answer) {
    try {
      noteWhether(hash.renewed(answer));
    } catch (CheckpointException e) {
      if (e.kind() != Kind.CLAIM_LOST) {
        trouble.tell(e);
      } else if (end(e)) {
        // The stream first: it has to stop.
        lost.accept(e);
        trouble.tell(e);
      }
    }
  }

  private void noteWhether(boolean forgotten) {
    if (forgotten) {
      trouble.writtenAgain(hash.names());
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
    return "RedisSlot[" + hash + "]";
  }
}
