package dev.perennial;

import static java.util.Objects.requireNonNull;

import dev.perennial.internal.checkpoint.CheckpointOptions;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint settings of a client-tracked stream. Immutable: each method returns a new object.
 *
 * <p>By default a stream saves its newest checkpoint after 1,000 acks, or 1 s after the first ack
 * that is not saved, whichever comes first, and once more when it is closed.
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
   * Keeps no checkpoint: each run begins at the source's start and delivers again what was acked
   * before.
   */
  public static Checkpoints none() {
    return NONE;
  }

  /**
   * Keeps the checkpoint in a store.
   *
   * @param store the store, which the stream does not close
   * @param streamId the name of the checkpoint; one stream at a time can claim it
   */
  public static Checkpoints in(CheckpointStore store, String streamId) {
    requireNonNull(
        store, "Checkpoints.in() needs a store. To keep no checkpoint, use Checkpoints.none().");
    if (streamId.isBlank()) {
      throw new IllegalArgumentException(
          "Checkpoints.in() needs a stream id that is not blank: it names the checkpoint.");
    }
    return new Checkpoints(store, streamId, Settings.DEFAULTS);
  }

  /**
   * Sets when to save: after a number of acks, or so long after the first ack that is not saved,
   * whichever comes first.
   *
   * @param acks at least 1, which saves after each ack (acks during a save share the next one)
   * @param interval over zero
   */
  public Checkpoints every(int acks, Duration interval) {
    if (acks < 1) {
      throw new IllegalArgumentException("every() needs at least 1 ack, but got " + acks + ".");
    }
    requirePositive("every() needs an interval", interval);
    return with(
        new Settings(
            acks, interval, settings.tolerateOutage, settings.waitForClaim, settings.startAfresh));
  }

  /**
   * Sets how long the store may fail before the stream does. The default is 60 s. The time begins
   * with the first call that has not succeeded; a call that hangs counts.
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
   * Sets how long to wait for a claim that another stream holds. The default is forever, which
   * makes a standby; zero fails at once.
   */
  public Checkpoints waitForClaim(Duration longest) {
    if (longest.isNegative()) {
      throw new IllegalArgumentException(
          "waitForClaim() needs a time that is not negative, but got "
              + LogText.duration(longest)
              + ".");
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
   * Starts at the source's start and overwrites the checkpoint. Without this, a checkpoint takes
   * precedence over the start.
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

  /** Returns what the engine needs; empty for no checkpoint. */
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
          "Checkpoints.none() has nothing to set. Use Checkpoints.in(store, streamId) to keep a checkpoint.");
    }
    return new Checkpoints(store, streamId, settings);
  }

  private static void requirePositive(String what, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(
          what + " over zero, but got " + LogText.duration(value) + ".");
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
