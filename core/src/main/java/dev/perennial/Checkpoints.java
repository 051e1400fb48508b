package dev.perennial;

import static java.util.Objects.requireNonNull;

import dev.perennial.internal.checkpoint.CheckpointOptions;
import dev.perennial.port.CheckpointStore;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a client-tracked stream keeps its checkpoint, and how. Immutable: each setting gives
 * another value.
 *
 * <p>A stream saves its newest checkpoint after every 1,000 acks, or 1 s after the first ack that
 * is not saved yet, whichever comes first, and once more when it is closed.
 */
public final class Checkpoints {

  private static final Checkpoints NONE = new Checkpoints(null, "", Settings.DEFAULTS);

  private final @Nullable CheckpointStore store;
  private final String streamId;
  private final Settings settings;

  private Checkpoints(@Nullable CheckpointStore store, String streamId, Settings settings) {
    this.store = store;
    this.streamId = streamId;
    this.settings = settings;
  }

  /**
   * No checkpoint: each run begins at the source's start, and what was acked before is handed out
   * again.
   */
  public static Checkpoints none() {
    return NONE;
  }

  /**
   * A checkpoint in a store.
   *
   * @param store where; the stream does not close it
   * @param streamId under which name; one stream at a time has it
   */
  public static Checkpoints in(CheckpointStore store, String streamId) {
    requireNonNull(
        store, "Checkpoints.in() needs a store; to keep no checkpoint, say Checkpoints.none()");
    if (streamId.isBlank()) {
      throw new IllegalArgumentException(
          "the stream id must not be blank: it names the checkpoint in the store");
    }
    return new Checkpoints(store, streamId, Settings.DEFAULTS);
  }

  /**
   * Saves after so many acks or so long after the first ack that is not saved, whichever comes
   * first.
   *
   * @param acks at least 1, which saves after each ack (acks that come while a save runs share the
   *     next one)
   * @param interval over zero
   */
  public Checkpoints every(int acks, Duration interval) {
    if (acks < 1) {
      throw new IllegalArgumentException("every() needs at least 1 ack, but got " + acks);
    }
    requirePositive("every() needs an interval", interval);
    return with(
        new Settings(
            acks, interval, settings.tolerateOutage, settings.waitForClaim, settings.startAfresh));
  }

  /**
   * How long the store may fail before the stream does: 60 s unless set. Counted from the start of
   * the first call that has not succeeded, one that hangs included.
   */
  public Checkpoints tolerateOutage(Duration longest) {
    requirePositive("tolerateOutage() needs a time", longest);
    return with(
        new Settings(
            settings.acks,
            settings.interval,
            longest,
            settings.waitForClaim,
            settings.startAfresh));
  }

  /**
   * How long to wait for a claim that somebody else has: for ever unless set, which makes a
   * standby. Zero fails at once.
   */
  public Checkpoints waitForClaim(Duration longest) {
    if (longest.isNegative()) {
      throw new IllegalArgumentException(
          "waitForClaim() needs a time that is not negative, but got " + longest);
    }
    return with(
        new Settings(
            settings.acks,
            settings.interval,
            settings.tolerateOutage,
            Optional.of(longest),
            settings.startAfresh));
  }

  /**
   * Begins at the source's start and overwrites the checkpoint, where otherwise a checkpoint beats
   * the start.
   */
  public Checkpoints startAfresh() {
    return with(
        new Settings(
            settings.acks,
            settings.interval,
            settings.tolerateOutage,
            settings.waitForClaim,
            true));
  }

  /** What the engine takes; empty for none. */
  Optional<CheckpointOptions> options() {
    return Optional.ofNullable(store)
        .map(kept ->
            new CheckpointOptions(
                kept,
                streamId,
                settings.acks,
                settings.interval,
                settings.tolerateOutage,
                settings.waitForClaim,
                settings.startAfresh));
  }

  private Checkpoints with(Settings settings) {
    if (store == null) {
      throw new IllegalStateException(
          "Checkpoints.none() has nothing to set; use Checkpoints.in(store, streamId) to keep a checkpoint");
    }
    return new Checkpoints(store, streamId, settings);
  }

  private static void requirePositive(String what, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(what + " over zero, but got " + value);
    }
  }

  @Override
  public String toString() {
    return store == null ? "Checkpoints.none()" : "Checkpoints[" + streamId + "]";
  }

  private record Settings(
      int acks,
      Duration interval,
      Duration tolerateOutage,
      Optional<Duration> waitForClaim,
      boolean startAfresh) {

    static final Settings DEFAULTS =
        new Settings(1_000, Duration.ofSeconds(1), Duration.ofSeconds(60), Optional.empty(), false);
  }
}
