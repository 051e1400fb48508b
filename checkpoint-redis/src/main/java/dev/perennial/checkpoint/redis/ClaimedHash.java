package dev.perennial.checkpoint.redis;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one claim does with its hash in Redis. Used by one thread at a time.
 *
 * <p>Each save has a number higher than the last, whatever became of that one: a save that is
 * carried out late, after its caller has given it up, is refused once a later one was there.
 */
final class ClaimedHash {

  /** Enough for a hash that vanishes, is written again, and vanishes again. */
  private static final int ATTEMPTS = 5;

  private final Link link;
  private final Names names;
  private final String owner;
  private final String expiryMillis;
  private final String timeToLiveMillis;
  private String epoch;
  private long number;

  /** The checkpoint that was there when we looked last; empty if there was none. */
  private String line = "";

  /**
   * Which hash.
   *
   * @param streamId whose
   * @param key what Redis knows it by
   */
  record Names(String streamId, String key) {
    @Override
    public String toString() {
      return "stream \"" + streamId + "\" (key " + key + ")";
    }
  }

  ClaimedHash(
      Link link,
      Names names,
      String owner,
      String expiryMillis,
      String timeToLiveMillis,
      String epoch,
      long number) {
    this.link = link;
    this.names = names;
    this.owner = owner;
    this.expiryMillis = expiryMillis;
    this.timeToLiveMillis = timeToLiveMillis;
    this.epoch = epoch;
    this.number = number;
  }

  Optional<Checkpoint> load() throws CheckpointException {
    HashContent content = HashContent.read(link, names);
    if (content.exists() && !owner.equals(content.owner())) {
      throw overtaken("loaded", content.owner());
    }
    Optional<Checkpoint> loaded = content.checkpoint();
    line = loaded.map(Checkpoint::toLine).orElse("");
    return loaded;
  }

  /**
   * Saves.
   *
   * @return whether the hash was gone
   */
  boolean save(String newLine) throws CheckpointException {
    String what = "The checkpoint of " + names + " was not saved";
    number++;
    boolean restored = attempt(what, "saved", Script.SAVE, newLine);
    line = newLine;
    return restored;
  }

  /**
   * Puts the claim's end off.
   *
   * @return whether the hash was gone and was written again
   */
  boolean renew() throws CheckpointException {
    return attempt("The claim of " + names + " was not renewed", "renewed", Script.RENEW, line);
  }

  private boolean attempt(String what, String done, Script script, String written)
      throws CheckpointException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      List<Object> answer = run(what, script, written);
      switch (text(answer, 0)) {
        case "ok" -> {
          return false;
        }
        case "absent" -> {
          List<Object> restored = run(what, Script.RESTORE, written);
          if (text(restored, 0).equals("ok")) {
            epoch = text(restored, 1);
            return true;
          }
        }
        // Our own, of a hash that we wrote again without hearing that it was done.
        case "epoch" -> epoch = text(answer, 1);
        case "stale" -> number = Math.max(number, Long.parseLong(text(answer, 1))) + 1;
        case "lost" -> throw overtaken(done, text(answer, 1));
        default -> throw corrupt(link, names, text(answer, 1));
      }
    }
    throw CheckpointException.unavailable(
        what + ": the hash changed again and again meanwhile.", null);
  }

  private List<Object> run(String what, Script script, String written) throws CheckpointException {
    return link.run(
        what,
        script,
        names.key(),
        owner,
        epoch,
        expiryMillis,
        timeToLiveMillis,
        String.valueOf(number),
        written);
  }

  /** Gives the claim up, if it is still ours. */
  void release() throws CheckpointException {
    link.run(
        "The claim of " + names + " was not given up, and will run out by itself",
        Script.RELEASE,
        names.key(),
        owner,
        timeToLiveMillis);
  }

  private CheckpointException overtaken(String done, @Nullable String by) {
    return CheckpointException.claimLost(
        "The claim of %s is lost: %s. Nothing was %s."
            .formatted(
                names,
                by == null || by.isEmpty()
                    ? "it ran out, and somebody had it meanwhile or deleted the checkpoint"
                    : "it ran out, and " + by + " has it now",
                done),
        null);
  }

  static CheckpointException corrupt(Link link, Names names, String why) {
    return CheckpointException.corrupt(
        ("What %s has as the checkpoint of %s is not one: %s. Put it right, or delete it to begin without a"
                + " checkpoint.")
            .formatted(link.address(), names, why),
        null);
  }

  static String text(List<Object> answer, int index) {
    return String.valueOf(answer.get(index));
  }

  @Override
  public String toString() {
    return names.toString();
  }
}
